using XcpBroker.Protocol.Messages;

namespace XcpBroker.Protocol.MatchRules;

/// <summary>A match rule: which messages somebody wants. Immutable; equal when the same keys have the same values, in whatever order.</summary>
/// <remarks>Made by <see cref="MatchRuleParser"/>. Spec: message-bus-routing-match-rules.</remarks>
public sealed class MatchRule : IEquatable<MatchRule>
{
    /// <summary>Bytes of a rule's text that a bus accepts; who takes the text from a peer checks it and answers LimitsExceeded.</summary>
    /// <remarks>1024: DBUS_MAXIMUM_MATCH_RULE_LENGTH of libdbus (dbus/dbus-protocol.h).</remarks>
    public const int MaxTextLength = 1024;

    private readonly byte[] _values;
    private readonly ArgumentMatch[] _arguments;
    private readonly MatchRuleFields _fields;

    internal MatchRule(in MatchRuleFields fields, byte[] values, ArgumentMatch[] arguments)
    {
        _fields = fields;
        _values = values;
        _arguments = arguments;
    }

    /// <summary>Which of the properties below mean something.</summary>
    public MatchKeys Keys => _fields.Keys;

    /// <summary>The message type wanted; Invalid for any.</summary>
    public MessageType Type => _fields.Type;

    /// <summary>The sender wanted, unique or well-known; empty for any.</summary>
    public ReadOnlySpan<byte> Sender => Slice(_fields.Sender);

    /// <summary>The interface wanted; empty for any.</summary>
    public ReadOnlySpan<byte> Interface => Slice(_fields.Interface);

    /// <summary>The member wanted; empty for any.</summary>
    public ReadOnlySpan<byte> Member => Slice(_fields.Member);

    /// <summary>The value of <c>path</c> or of <c>path_namespace</c>, as <see cref="Keys"/> says; empty for any.</summary>
    public ReadOnlySpan<byte> Path => Slice(_fields.Path);

    /// <summary>The destination wanted, unique or well-known; empty for any.</summary>
    public ReadOnlySpan<byte> Destination => Slice(_fields.Destination);

    /// <summary>The keys about arguments, by index ascending.</summary>
    public ReadOnlySpan<ArgumentMatch> Arguments => _arguments;

    /// <summary>Whether the rule asks for messages addressed to others; nothing of <see cref="Matches"/> depends on it.</summary>
    public bool Eavesdrops => (Keys & MatchKeys.Eavesdrop) != 0;

    /// <summary>The value of one of <see cref="Arguments"/>.</summary>
    public ReadOnlySpan<byte> ValueOf(in ArgumentMatch argument) => Slice(argument.Value);

    /// <summary>Whether a message is wanted. Compares everything anew: the index of a bus does better.</summary>
    public bool Matches(in MatchSubject subject) => MatchEvaluation.Matches(this, subject);

    /// <inheritdoc/>
    public bool Equals(MatchRule? other) =>
        other is not null
        && _fields.Equals(other._fields)
        && _arguments.AsSpan().SequenceEqual(other._arguments)
        && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MatchRule);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(SeededHash.Of(_values), _fields.Keys, _fields.Type, _arguments.Length);

    /// <summary>The rule as text that parses to an equal one; equal rules have the same text.</summary>
    public override string ToString() => MatchRuleText.Of(this);

    private ReadOnlySpan<byte> Slice(ValueRange range) => _values.AsSpan(range.Offset, range.Length);
}

/// <summary>The keys with one value each: the small part of a rule.</summary>
internal record struct MatchRuleFields
{
    internal MatchKeys Keys;
    internal MessageType Type;
    internal ValueRange Sender;
    internal ValueRange Interface;
    internal ValueRange Member;
    internal ValueRange Path;
    internal ValueRange Destination;
}
