using System.Text;

namespace XcpBroker.Auth.Policy;

/// <summary>One <c>&lt;allow&gt;</c> or <c>&lt;deny&gt;</c>.</summary>
/// <param name="IsAllow">Whether it allows what it matches; otherwise it denies it.</param>
/// <param name="Source">Where it is written.</param>
/// <remarks>Source: dbus-daemon(1), "policy"; bus/policy.c of dbus 1.14.10, which 1.16.2 has unchanged.</remarks>
public abstract record PolicyRule(bool IsAllow, PolicySource Source)
{
    /// <summary>The rule as an element of a configuration file; read again, it is an equal rule.</summary>
    public sealed override string ToString()
    {
        StringBuilder text = new(IsAllow ? "<allow" : "<deny");
        foreach ((string name, string value) in Attributes())
        {
            text.Append(' ').Append(name).Append("=\"").Append(Escape(value)).Append('"');
        }

        return text.Append("/>").ToString();
    }

    /// <summary>Names and values of the attributes, without those that say what holds without them.</summary>
    private protected abstract IEnumerable<(string Name, string Value)> Attributes();

    // What a value must not contain; control characters too, so that a verdict stays one line.
    private static string Escape(string value)
    {
        StringBuilder text = new(value.Length);
        foreach (char letter in value)
        {
            _ = letter switch
            {
                '&' => text.Append("&amp;"),
                '<' => text.Append("&lt;"),
                '"' => text.Append("&quot;"),
                < ' ' or '\x7f' => text.Append("&#").Append((int)letter).Append(';'),
                _ => text.Append(letter),
            };
        }

        return text.ToString();
    }
}

/// <summary>Who may connect: <c>user=</c> or <c>group=</c>.</summary>
/// <param name="IsAllow">Whether they may.</param>
/// <param name="Source">Where it is written.</param>
/// <param name="UserId">The uid; null with a null <paramref name="GroupId"/>: everyone.</param>
/// <param name="GroupId">The gid.</param>
public sealed record ConnectRule(bool IsAllow, PolicySource Source, uint? UserId, uint? GroupId) : PolicyRule(IsAllow, Source)
{
    private protected override IEnumerable<(string Name, string Value)> Attributes() =>
        [GroupId is { } group ? ("group", $"{group}") : ("user", UserId is { } user ? $"{user}" : "*")];
}

/// <summary>Which names may be owned: <c>own=</c> or <c>own_prefix=</c>.</summary>
/// <param name="IsAllow">Whether they may.</param>
/// <param name="Source">Where it is written.</param>
/// <param name="Name">The name; null: any.</param>
/// <param name="IsPrefix">Whether names below it, after a dot, are meant too.</param>
public sealed record OwnRule(bool IsAllow, PolicySource Source, string? Name, bool IsPrefix) : PolicyRule(IsAllow, Source)
{
    /// <summary>Whether it is about that name.</summary>
    public bool Matches(string name) => Name is null || (IsPrefix ? IsSameOrBelow(name, Name) : name == Name);

    /// <summary>Whether a name is another one, or that and more elements: <c>a.b.c</c> is below <c>a.b</c>, <c>a.bc</c> is not.</summary>
    internal static bool IsSameOrBelow(ReadOnlySpan<char> name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && (name.Length == prefix.Length || name[prefix.Length] == '.');

    private protected override IEnumerable<(string Name, string Value)> Attributes() => [(IsPrefix ? "own_prefix" : "own", Name ?? "*")];
}
