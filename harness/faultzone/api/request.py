"""Typed requests: each action is a class whose attributes are its parameters, declared once.

A request class drives parsing, validation and the error codes of an action::

    class StopInstance(Request):
        instance_id: str = text("InstanceId", required=True)
        force_stop: bool = flag("ForceStop")

`StopInstance.parse({"InstanceId": "i-1", "ForceStop": "true"})` gives an object with `instance_id` and `force_stop`.
Parameters that are absent keep the declared default, which lives on the class: a request object holds only what was
given. Values come as the text of the wire or as plain Python; lists and structures come flat (`Tag.1.Key`) or as Python
lists and mappings.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol, Self

from faultzone.api.answer import Answer
from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.api.readers import Fraction, JsonTexts, Structures, Texts, Whole, Wholes, Word, read_json_texts_by_name
from faultzone.api.values import (
    fold,
    has_no_field,
    read_flag,
    read_json_mapping,
    read_leaves,
    read_mapping,
    read_text,
    refuse,
    unfold,
)
from faultzone.editions.edition import Date, date_text
from faultzone.errors import nearest

#: Parameters that every action accepts and no model looks at: owners, and what the wire itself consumes.
COMMON: Final = frozenset(
    "Action Version Format RegionId OwnerId OwnerAccount ResourceOwnerId ResourceOwnerAccount "
    "AccessKeyId Signature SignatureMethod SignatureVersion SignatureNonce SignatureType Timestamp TimeStamp "
    "SecurityToken".split()
)
#: Of the names that no edition has so many are noted, and of each so many characters.
_NOTED_MOST: Final = 32
_NAME_MOST: Final = 64


class Convert(Protocol):
    """What reads a value: it is called with the name of the parameter, as it was given, and the value."""

    def __call__(self, given: str, value: object, /) -> Any:
        """The value as it was read."""


class Parameter:
    """One declared parameter: its wire name, how its value is read, and what is refused with which code.

    A structure has parameters of its own, its fields. A field may have a second name: `also`. With `gaps`, the indices
    of a repeated parameter need not run from 1. Of each it is known in docs/actions.md what it does: one that is
    `inert` from an edition on is read, checked for its form, and then changes nothing, and `why` says why it could not;
    one that is `refused` is not simulated, and `refused` is the sentence that says so; a value in `harmless` asks for
    what happens anyway and is taken. `absent` has values that are documented and not simulated, each with the sentence
    that refuses it. Where a later edition takes other values, `later` reads them: the date from which it does, and
    how, the earliest first.
    """

    __slots__ = (
        "absent", "acts", "also", "attribute", "code", "convert", "default", "fields", "gaps", "harmless", "inert",
        "later", "name", "refused", "repeated", "required", "since", "why",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        convert: Convert,
        *,
        default: object,
        required: bool,
        repeated: bool,
        code: str | None,
        since: Date | None,
        also: str | None,
        gaps: bool,
        inert: Date | None,
        acts: Date | None,
        why: str,
        refused: str,
        harmless: tuple[object, ...],
        absent: Mapping[str, str],
        later: tuple[tuple[Date, Convert], ...],
        fields: Mapping[str, Parameter] | None,
    ) -> None:
        self.name, self.convert, self.default, self.required = name, convert, default, required
        self.repeated, self.code, self.since, self.also, self.gaps = repeated, code, since, also, gaps
        self.fields, self.inert, self.why, self.refused, self.harmless = fields, inert, why, refused, harmless
        self.acts, self.absent, self.later, self.attribute = acts, absent, later, ""

    def reader(self, edition: Date) -> Convert:
        """What reads its value in a region of an edition of this date; those of `faultzone.api.readers` say what they
        take."""
        convert = self.convert
        for date, other in self.later:
            if date <= edition:
                convert = other
        return convert

    def read(self, name: str, value: object, edition: Date, unknown: list[str] | None) -> Any:
        """The value that a call in a region of an edition of this date gave, checked.

        Args:
            name: of the parameter, as it was given.
            value: as it was given.
            edition: the date of the edition.
            unknown: where the names of fields are put that no edition has; None refuses them.

        Raises:
            ApiError: it is refused, or came with a later edition.
        """
        if self.since is not None and self.since > edition:
            why = f"it is there from edition {date_text(self.since)} on; this region is of {date_text(edition)}"
            raise ApiError.of("UnsupportedParameter", name=name, why=why)
        read = self.reader(edition)(name, value)
        if self.refused and not {*((read,) if isinstance(read, str) else read)} <= {*self.harmless}:
            raise ApiError.of("UnsupportedParameter", name=name, why=self.refused)
        if self.fields is None:
            return read
        if not self.repeated:
            return _read_structure(name, read, self.fields, edition, unknown)
        return tuple(self._read_item(f"{name}.{n}", each, edition, unknown) for n, each in enumerate(read, 1))

    def _read_item(self, name: str, value: object, edition: Date, unknown: list[str] | None) -> dict[str, Any]:
        assert self.fields is not None
        if has_no_field(value):  # It must not mean one thing here, and nothing over an endpoint.
            raise refuse(name, "a structure with a field is expected")
        return _read_structure(name, value, self.fields, edition, unknown)


def _declare(
    name: str,
    convert: Convert,
    default: object,
    options: dict[str, Any],
    *,
    repeated: bool = False,
    fields: tuple[Parameter, ...] | None = None,
) -> Any:
    declared = Parameter(
        name,
        convert,
        default=default,
        required=options.pop("required", False),
        repeated=repeated,
        code=options.pop("code", None),
        since=options.pop("since", None),
        inert=options.pop("inert", None),
        acts=options.pop("acts", None),
        why=options.pop("why", ""),
        refused=options.pop("refused", ""),
        harmless=tuple(options.pop("harmless", ())),
        absent=options.pop("absent", {}),
        later=tuple(options.pop("later", ())),
        also=options.pop("also", None),
        gaps=options.pop("gaps", False),
        fields=None if fields is None else {name: each for each in fields for name in (each.name, each.also) if name},
    )
    if options:
        raise TypeError(f"parameter {name!r} has no option {', '.join(options)}")
    return declared


#: The documentation from which the parameters of today are taken.
TODAY: Final[Date] = (2026, 10)


def not_simulated(name: str, why: str, **options: Any) -> Any:
    """A parameter of today that is refused: what it asks for is not simulated, for the reason `why`.

    Args:
        name: of the parameter; `Tenancy=default|host` says which values are taken, since they ask for what happens
            anyway. Of a structure all values must be among them.
        why: the sentence with which it is refused.
        options: what any parameter has.
    """
    name, _, harmless = name.partition("=")
    options.setdefault("since", TODAY)
    return _declare(name, read_leaves, (), {**options, "refused": why, "harmless": tuple(harmless.split("|"))})


def _later(options: dict[str, Any], reader: Any) -> dict[str, Any]:
    """The options of a parameter, with what reads it in later editions in the place of what differs there."""
    later = options.pop("later", {})
    return {**options, "later": tuple((date, reader._replace(**differs)) for date, differs in later.items())}


def text(
    name: str,
    default: str | None = None,
    *,
    among: tuple[str, ...] = (),
    spelling: Mapping[str, str] = MappingProxyType({}),
    **options: Any,
) -> Any:
    """A text parameter. `among` lists the only values accepted (in the letters given), `spelling` other ways to write
    some of them; `absent` says why others are not simulated; `code` names the refusal's code; `later={CURRENT:
    {"among": …}}` what differs from an edition on."""
    word = Word(among, spelling, options.get("absent", {}), options.get("code"))
    return _declare(name, word if among else read_text, default, _later(options, word))


def integer(
    name: str, default: int | None = None, *, least: int | None = None, most: int | None = None, **options: Any
) -> Any:
    """A whole number between `least` and `most`, both included; `later` says what differs from an edition on."""
    whole = Whole(least, most, options.get("code"))
    return _declare(name, whole, default, _later(options, whole))


def number(name: str, default: float | None = None, **options: Any) -> Any:
    """A number that is not negative, whole or not; `code` names the refusal's code."""
    return _declare(name, Fraction(options.get("code")), default, options)


def flag(name: str, default: bool | None = False, **options: Any) -> Any:
    """A truth value."""
    return _declare(name, read_flag, default, options)


def texts(
    name: str, *, most: int | None = None, too_many: str | None = None, among: tuple[str, ...] = (), **options: Any
) -> Any:
    """A repeated text parameter: `Name.1`, `Name.2` … on the wire. More than `most` is refused with the code
    `too_many`; `among` lists the only values accepted; `later` says what differs from an edition on."""
    read = Texts(most, too_many, among)
    return _declare(name, read, (), _later(options, read), repeated=True)


def integers(name: str, *, least: int = 1, most: int | None = None, **options: Any) -> Any:
    """A repeated whole number, at least `least`: `Name.1`, `Name.2` … on the wire, at most `most` of them."""
    return _declare(name, Wholes(least, most), (), options, repeated=True)


def json_texts(name: str, *, most: int | None = None, too_many: str | None = None, **options: Any) -> Any:
    """A list that the wire carries as the JSON text of an array, such as `InstanceIds=["i-1"]`."""
    return _declare(name, JsonTexts(most, too_many), None, options)


def json_structure(name: str, **options: Any) -> Any:
    """A structure of the caller's own that the wire carries as the JSON text of an object, such as
    `Parameters={"name":"web"}`. Read as a mapping from text to text; what has no value is left out."""
    return _declare(name, read_json_texts_by_name, {}, options)


def structures(name: str, *fields: Any, most: int | None = None, too_many: str | None = None, **options: Any) -> Any:
    """A repeated structure: `Tag.1.Key`, `Tag.1.Value` … Read as a tuple of mappings, like `structure`. More than
    `most` is refused with the code `too_many`."""
    return _declare(name, Structures(most, too_many), (), options, repeated=True, fields=fields)


def structure(name: str, *fields: Any, **options: Any) -> Any:
    """A structure: `SystemDisk.Size`, `SystemDisk.Category` … Its fields are declared like parameters. Read as a
    mapping from the name of each field given to its value."""
    return _declare(name, read_mapping, None, options, fields=fields)


def json_fields(name: str, *fields: Any, **options: Any) -> Any:
    """A structure, like `structure`, that the wire carries as the JSON text of an object too."""
    return _declare(name, read_json_mapping, None, options, fields=fields)


def _read_structure(
    name: str, value: object, fields: Mapping[str, Parameter], edition: Date, unknown: list[str] | None
) -> dict[str, Any]:
    read = {}
    for given, each in read_mapping(name, value).items():
        if each is None or (isinstance(each, str) and not each):
            continue
        field = read_text(name, given)
        if field not in fields:
            known = "" if unknown is not None else ", ".join(dict.fromkeys(each.name for each in fields.values()))
            _note_unknown(f"{name}.{field}", f"it has {known} here", unknown)
            continue
        declared = fields[field]
        if declared.name in read:
            raise refuse(f"{name}.{declared.name}", "it is given twice")
        read[declared.name] = declared.read(f"{name}.{field}", each, edition, unknown)
    return read


def _note_unknown(name: str, why: str, unknown: list[str] | None) -> None:
    """Refuse a name that no edition has, or note it: the first of many, the longest cut."""
    if unknown is None:
        raise ApiError.of("UnsupportedParameter", name=name[:_NAME_MOST], why=why)
    if len(unknown) < _NOTED_MOST:
        unknown.append(name[:_NAME_MOST])
    elif len(unknown) == _NOTED_MOST:
        unknown.append("...")


class Request:
    """The base of every request class. Subclasses declare parameters; the name of the class is the name of the action.

    Class attributes:
        parameters: wire name -> declared parameter.
        product: whose action it is.
        aliases: further wire names of the action.
        since: the date of the documentation that first has the action.
        writes: whether the action may change something.
        needs_region: whether RegionId is mandatory; the region of the endpoint answers the other actions without one.
        throttles: whether the action itself refuses with `Throttling` what comes too soon. Otherwise this code says
            that the account calls too often, and nothing of the region.
        answer: the fields of an answer; `tells_secrets` says whether one must not be written down.
        not_simulated: why parameters of today are refused, and their names, separated by blanks. A name may say which
            values are taken, since they ask for what happens anyway: `Tenancy=default`.
    """

    parameters: ClassVar[dict[str, Parameter]] = {}
    required: ClassVar[tuple[Parameter, ...]] = ()
    product: ClassVar[str] = ECS
    aliases: ClassVar[tuple[str, ...]] = ()
    since: ClassVar[Date] = (2019, 2)
    writes: ClassVar[bool] = True
    needs_region: ClassVar[bool] = False
    throttles: ClassVar[bool] = False
    tells_secrets: ClassVar[bool] = False
    answer: ClassVar[Answer] = Answer()
    not_simulated: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        declared = dict(cls.parameters)
        for why, names in vars(cls).get("not_simulated", ()):
            for each in names.split():
                refused = not_simulated(each, why)
                declared[refused.name] = refused
        for attribute, value in list(vars(cls).items()):
            if isinstance(value, Parameter):
                value.attribute = attribute
                declared[value.name] = value
                setattr(cls, attribute, value.default)
        cls.parameters = declared
        cls.required = tuple(parameter for parameter in declared.values() if parameter.required)

    @classmethod
    def parse(cls, given: Mapping[str, object], *, edition: Date = (2019, 2), unknown: list[str] | None = None) -> Self:
        """Read and check the parameters of one call.

        Args:
            given: names and values, as the wire's flat text or as Python values; `None` and empty text count as absent.
            edition: the date of the edition. Parameters that came later are refused.
            unknown: where the names are put that the action has in no edition, which the service ignores; None refuses
                them.

        Raises:
            ApiError: `MissingParameter`, `InvalidParameter` or the parameter's own code; `UnsupportedParameter` for a
                parameter that is not simulated or came later.
        """
        self = cls()
        values, table = self.__dict__, cls.parameters
        folded: dict[str, object] | None = None
        for name, value in given.items():
            if value is None or (isinstance(value, str) and not value):
                continue
            parameter = table.get(name)
            if parameter is None:
                if name in COMMON:
                    continue
                if cls.has(name):
                    folded = fold(name, value, {} if folded is None else folded)
                else:
                    near = "" if unknown is not None else nearest(name[:_NAME_MOST], [*table], "; ").rstrip()
                    _note_unknown(name, f"{cls.__name__} has no such parameter{near}", unknown)
                continue
            read = parameter.read(name, value, edition, unknown)
            if parameter.attribute:  # What is not simulated has none: it is taken where it changes nothing.
                values[parameter.attribute] = read
        for name, value in (folded or {}).items():
            parameter = table[name]
            if parameter.attribute in values:
                raise refuse(name, "it is given twice")
            unfolded = unfold(name, value, gaps=parameter.gaps)
            if parameter.repeated and not isinstance(unfolded, list):
                raise refuse(name, "its indices must run from 1 without a gap")
            read = parameter.read(name, unfolded, edition, unknown)
            if parameter.attribute:
                values[parameter.attribute] = read
        if cls.needs_region and not given.get("RegionId"):
            raise ApiError.of("MissingParameter", name="RegionId")
        for parameter in cls.required:
            if parameter.attribute not in values or (parameter.repeated and not values[parameter.attribute]):
                raise ApiError.of("MissingParameter", name=parameter.name)
        return self

    @classmethod
    def has(cls, name: str) -> bool:
        """Whether a name is that of a parameter, in any edition, or of a part of one, such as `Tag.1.Key`."""
        return name.partition(".")[0] in cls.parameters

    @classmethod
    def build(cls, **values: Any) -> Self:
        """A request with these values, by attribute and already read. `None` counts as absent, like any attribute that
        is left out.

        Raises:
            TypeError: the action has no such parameter.
        """
        known = {each.attribute for each in cls.parameters.values()}
        if unknown := values.keys() - known:
            raise TypeError(f"{cls.__name__} has no {', '.join(sorted(unknown))}")
        self = cls()
        self.given.update({name: value for name, value in values.items() if value is not None})
        return self

    def replace(self, **values: Any) -> Self:
        """The same request with other values, by attribute; `None` leaves one out."""
        return self.build(**{**self.given, **values})

    @property
    def given(self) -> dict[str, Any]:
        """What the caller gave, by attribute."""
        return self.__dict__
