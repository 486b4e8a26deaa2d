namespace XcpBroker.Protocol.MatchRules;

/// <summary>The keys that a match rule names, but for those of arguments.</summary>
[Flags]
public enum MatchKeys : byte
{
    /// <summary>None: every message matches.</summary>
    None = 0,

    /// <summary><c>type</c>.</summary>
    Type = 1,

    /// <summary><c>sender</c>.</summary>
    Sender = 2,

    /// <summary><c>interface</c>.</summary>
    Interface = 4,

    /// <summary><c>member</c>.</summary>
    Member = 8,

    /// <summary><c>path</c>; never together with <see cref="PathNamespace"/>.</summary>
    Path = 16,

    /// <summary><c>path_namespace</c>.</summary>
    PathNamespace = 32,

    /// <summary><c>destination</c>.</summary>
    Destination = 64,

    /// <summary><c>eavesdrop='true'</c>; <c>eavesdrop='false'</c> is the same as no such key.</summary>
    Eavesdrop = 128,
}

/// <summary>How a rule compares an argument.</summary>
public enum ArgumentMatchKind : byte
{
    /// <summary><c>argN</c>: a STRING that is equal.</summary>
    Exact,

    /// <summary><c>argNpath</c>: a STRING or OBJECT_PATH that is equal, or one of the two ends in '/' and is a prefix of the other.</summary>
    Path,

    /// <summary><c>arg0namespace</c>: a STRING that is equal or goes on with '.'.</summary>
    Namespace,
}

/// <summary>One key of a rule about an argument; a rule has at most one for each index.</summary>
/// <param name="Index">0 to 63.</param>
/// <param name="Kind">How it is compared.</param>
/// <param name="Value">Where the rule keeps the value; <see cref="MatchRule.ValueOf"/> gives it.</param>
public readonly record struct ArgumentMatch(byte Index, ArgumentMatchKind Kind, ValueRange Value);

/// <summary>A part of the bytes that a rule holds.</summary>
public readonly record struct ValueRange(ushort Offset, ushort Length);
