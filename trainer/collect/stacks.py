"""Search terms that find Dockerfiles of a stack; what is found is judged by its content."""

from __future__ import annotations

# By the stacks that `codi_hook.recipes.facts.stack` knows. GitHub's code search ignores
# punctuation, so these are words that such files have in common.
TERMS: dict[str, tuple[str, ...]] = {
    "c": ("cmake", "gcc make"),
    "dotnet": ("dotnet publish", "mcr.microsoft.com/dotnet"),
    "elixir": ("mix deps.get",),
    "go": ("FROM golang", "go build"),
    "gpu": ("FROM nvidia/cuda", "FROM pytorch"),
    "java": ("FROM eclipse-temurin", "FROM maven", "FROM openjdk"),
    "node": ("FROM node", "npm ci", "yarn install"),
    "php": ("FROM php", "composer install"),
    "python": ("FROM python", "pip install"),
    "ruby": ("FROM ruby", "bundle install"),
    "rust": ("FROM rust", "cargo build"),
    "unknown": ("FROM debian", "FROM alpine", "FROM ubuntu"),
    "web": ("FROM nginx", "FROM httpd"),
}


def queries(stacks: frozenset[str], asked: tuple[str, ...], within: tuple[str, ...]) -> list[str]:
    """The questions for code search: what was asked, or else the terms of the stacks.

    `within` are qualifiers such as ``org:name``; each question is put once for each of them.
    """
    terms = asked or tuple(term for stack in sorted(stacks) for term in TERMS[stack])
    return [
        " ".join(filter(None, (term, "filename:Dockerfile", "language:Dockerfile", place)))
        for term in terms
        for place in within or ("",)
    ]
