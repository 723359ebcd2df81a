"""Other wordings of what was asked: abbreviations, the other language, generic and product names,
lay words, pinyin. Pure: only the tables of ``clinical`` and ``language``."""
