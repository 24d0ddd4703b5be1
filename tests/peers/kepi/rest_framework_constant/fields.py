"""kepi imports this from a package that is no longer published; it uses no more than is here."""
from rest_framework import serializers


class ConstantField(serializers.ReadOnlyField):
    def __init__(self, value, **kwargs):
        self.value = value
        kwargs.setdefault("source", "*")
        super().__init__(**kwargs)

    def to_representation(self, _):
        return self.value
