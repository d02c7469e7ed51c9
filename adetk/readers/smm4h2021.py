"""SMM4H-2021 Task 1: the tweets and the layout of `smm4h2022`, with labels written `NoADE`, in its own folder."""

from __future__ import annotations

from dataclasses import replace

from adetk.readers import smm4h2022

CORPUS = replace(smm4h2022.CORPUS, name="smm4h2021", folder="smm4h2021")
