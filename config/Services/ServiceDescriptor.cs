namespace XcpBroker.Config.Services;

/// <summary>How a name comes to be owned when nobody owns it: one .service file.</summary>
/// <remarks>
/// Source: D-Bus specification, "Message Bus Starting Services". Without a program and without a unit the service starts by its own
/// means, as in dbus-broker: nothing is run, and the bus waits for the name.
/// </remarks>
public sealed record ServiceDescriptor
{
    /// <summary>The well-known name.</summary>
    public required string Name { get; init; }

    /// <summary>The file, as a rooted path.</summary>
    public required string FilePath { get; init; }

    /// <summary>Exec=: program and arguments; empty without one.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>User=: whom the program runs as; null: whoever the bus runs as.</summary>
    public string? User { get; init; }

    /// <summary>SystemdService=: the unit that is started in place of the program where systemd starts services; null without one.</summary>
    public string? SystemdUnit { get; init; }

    /// <summary>Keys that begin with <c>X-XCP-</c>, in the order of the file, each at most once; none from a file that is not trusted.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Extensions { get; init; } = [];

    /// <summary>X-XCP-Domain: the Xen domain that the service lives in; null: this one.</summary>
    public string? Domain { get; init; }

    /// <summary>Whether messages wait for its owner, and within which limits; null: they wait for a start only.</summary>
    public BufferDeclaration? Buffer { get; init; }

    /// <summary>The value of an extension, or null.</summary>
    /// <param name="key">With its <c>X-XCP-</c>.</param>
    public string? Extension(string key)
    {
        foreach (KeyValuePair<string, string> pair in Extensions)
        {
            if (pair.Key == key)
            {
                return pair.Value;
            }
        }

        return null;
    }
}
