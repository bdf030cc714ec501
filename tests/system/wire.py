"""Messages of Holdfast's programs, for drivers that speak in the place of one (base/message)."""

VERSION = "holdfast-2"


def packed(*texts):
    return "".join(f"{len(text.encode())}:{text}" for text in texts)


def packet(kind, fields=()):
    """`fields`: pairs of a name and a text."""
    return packed(VERSION, kind, *(text for field in fields for text in field)).encode()


def texts_in(data):
    texts = []
    while data:
        length, _, data = data.partition(b":")
        texts.append(data[:int(length)].decode())
        data = data[int(length):]
    return texts


def message(data):
    """Its kind, and a list of its fields."""
    _, kind, *texts = texts_in(data)
    return kind, list(zip(texts[::2], texts[1::2]))
