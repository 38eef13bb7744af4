"""Rencai: an open, self-hosted talent-pool server that speaks Feishu Hire's open API."""

__version__ = "0.1.0"
