using System.Globalization;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Protocol.MatchRules;

/// <summary>A rule while its text is being read: checks each key and value as they come.</summary>
internal ref struct MatchRuleDraft(Span<byte> values)
{
    private const int MaxArgumentIndex = BodyArguments.MaxArguments - 1;

    private readonly Span<byte> _values = values;
    private MatchRuleFields _fields;
    private List<ArgumentMatch>? _arguments;
    private ulong _argumentsSeen;
    private bool _eavesdropSeen;
    private int _start;
    private int _end;

    private readonly ReadOnlySpan<byte> Value => _values[_start.._end];

    private readonly ValueRange Range => new((ushort)_start, (ushort)(_end - _start));

    internal void BeginValue() => _start = _end;

    internal void AppendToValue(byte next) => _values[_end++] = next;

    /// <summary>Gives the value read last to a key; the answer is what is wrong with them.</summary>
    internal string? Set(scoped ReadOnlySpan<byte> key) => key switch
    {
        _ when key.SequenceEqual("type"u8) => SetType(),
        _ when key.SequenceEqual("sender"u8) => Set(MatchKeys.Sender, "sender", BusName.IsValid(Value), ref _fields.Sender),
        _ when key.SequenceEqual("interface"u8) =>
            Set(MatchKeys.Interface, "interface", MemberNames.IsValidInterface(Value), ref _fields.Interface),
        _ when key.SequenceEqual("member"u8) => Set(MatchKeys.Member, "member", MemberNames.IsValidMember(Value), ref _fields.Member),
        _ when key.SequenceEqual("path"u8) => SetPath(MatchKeys.Path, "path"),
        _ when key.SequenceEqual("path_namespace"u8) => SetPath(MatchKeys.PathNamespace, "path_namespace"),
        _ when key.SequenceEqual("destination"u8) =>
            Set(MatchKeys.Destination, "destination", BusName.IsValid(Value), ref _fields.Destination),
        _ when key.SequenceEqual("eavesdrop"u8) => SetEavesdrop(),
        _ when key.StartsWith("arg"u8) => SetArgument(key),
        _ => $"Unknown key '{Text(key)}' in match rule",
    };

    /// <summary>The rule, its values in an order that does not depend on the text's.</summary>
    internal readonly MatchRule ToRule()
    {
        MatchRuleFields fields = _fields;
        ArgumentMatch[] arguments = _arguments?.ToArray() ?? [];
        Array.Sort(arguments, (one, other) => one.Index.CompareTo(other.Index));

        byte[] values = new byte[_end];
        int length = 0;
        Move(ref fields.Sender, values, ref length);
        Move(ref fields.Interface, values, ref length);
        Move(ref fields.Member, values, ref length);
        Move(ref fields.Path, values, ref length);
        Move(ref fields.Destination, values, ref length);
        foreach (ref ArgumentMatch argument in arguments.AsSpan())
        {
            ValueRange value = argument.Value;
            Move(ref value, values, ref length);
            argument = argument with { Value = value };
        }

        return new MatchRule(fields, values[..length], arguments);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => StrictUtf8.Instance.GetString(bytes);

    private readonly void Move(ref ValueRange range, Span<byte> values, ref int length)
    {
        _values.Slice(range.Offset, range.Length).CopyTo(values[length..]);
        range = range with { Offset = (ushort)length };
        length += range.Length;
    }

    private string? Set(MatchKeys key, string name, bool isValid, ref ValueRange range)
    {
        if ((_fields.Keys & key) != 0)
        {
            return $"Key '{name}' specified twice in match rule";
        }

        if (!isValid)
        {
            return $"Match rule has an invalid {name}: '{Text(Value)}'";
        }

        _fields.Keys |= key;
        range = Range;
        return null;
    }

    private string? SetType()
    {
        ValueRange nowhere = default;
        _fields.Type = Value switch
        {
            _ when Value.SequenceEqual("signal"u8) => MessageType.Signal,
            _ when Value.SequenceEqual("method_call"u8) => MessageType.MethodCall,
            _ when Value.SequenceEqual("method_return"u8) => MessageType.MethodReturn,
            _ when Value.SequenceEqual("error"u8) => MessageType.Error,
            _ => MessageType.Invalid,
        };
        return Set(MatchKeys.Type, "type", _fields.Type != MessageType.Invalid, ref nowhere);
    }

    private string? SetPath(MatchKeys key, string name) =>
        (_fields.Keys & (MatchKeys.Path | MatchKeys.PathNamespace)) != 0
            ? $"Key '{name}' in match rule, where path or path_namespace was already given"
            : Set(key, name, ObjectPath.IsValid(Value), ref _fields.Path);

    private string? SetEavesdrop()
    {
        if (_eavesdropSeen)
        {
            return "Key 'eavesdrop' specified twice in match rule";
        }

        _eavesdropSeen = true;
        if (Value.SequenceEqual("true"u8))
        {
            _fields.Keys |= MatchKeys.Eavesdrop;
            return null;
        }

        return Value.SequenceEqual("false"u8) ? null : $"Match rule has an invalid eavesdrop: '{Text(Value)}' is neither 'true' nor 'false'";
    }

    private string? SetArgument(scoped ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> number = key["arg".Length..];
        int digits = number.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? number.Length : digits;
        if (digits == 0)
        {
            return $"Key '{Text(key)}' in match rule lacks an argument number: 'arg0' or 'arg7path', for example";
        }

        if (!int.TryParse(number[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index > MaxArgumentIndex)
        {
            return $"Key '{Text(key)}' in match rule has an argument number above {MaxArgumentIndex}";
        }

        return KindOf(key, number[digits..]) is { } kind
            ? AddArgument(key, (byte)index, kind)
            : $"Key '{Text(key)}' in match rule ends in '{Text(number[digits..])}': only 'arg{index}', 'arg{index}path' and 'arg0namespace' are known";
    }

    private static ArgumentMatchKind? KindOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> suffix) => suffix switch
    {
        [] => ArgumentMatchKind.Exact,
        _ when suffix.SequenceEqual("path"u8) => ArgumentMatchKind.Path,
        _ when key.SequenceEqual("arg0namespace"u8) => ArgumentMatchKind.Namespace,
        _ => null,
    };

    private string? AddArgument(scoped ReadOnlySpan<byte> key, byte index, ArgumentMatchKind kind)
    {
        if ((_argumentsSeen & (1UL << index)) != 0)
        {
            return $"Key '{Text(key)}' in match rule, where argument {index} was already given";
        }

        if (kind == ArgumentMatchKind.Namespace && !BusName.IsValidNamespace(Value))
        {
            return $"Match rule has an invalid arg0namespace: '{Text(Value)}' is not the beginning of a bus name";
        }

        _argumentsSeen |= 1UL << index;
        (_arguments ??= []).Add(new ArgumentMatch(index, kind, Range));
        return null;
    }
}
