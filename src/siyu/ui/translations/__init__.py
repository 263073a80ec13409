"""Translations without system gettext: extract, compile, check, and a pseudo-locale that finds hard-coded text.

English in the code is the msgid; Chinese lives in one catalogue, ``src/siyu/locale/zh_Hans/LC_MESSAGES/django.po``.
Run as ``python -m siyu.ui.translations extract|compile|check``.
"""

from siyu.ui.translations.catalogues import check_catalogue, compile_catalogues, update_catalogue
from siyu.ui.translations.pseudo import pseudo_locale, unwrapped_text

__all__ = ["check_catalogue", "compile_catalogues", "pseudo_locale", "unwrapped_text", "update_catalogue"]
