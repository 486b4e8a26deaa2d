namespace XcpBroker.EndToEnd.Matrix;

/// <summary>A client library, and its program of the matrix.</summary>
/// <param name="Name">Also the folder of its source.</param>
/// <param name="What">Its language, and whose protocol code it is.</param>
internal sealed record Library(string Name, string What)
{
    internal const string Descriptors = "descriptors";

    private const string Leave = "leave";

    private static readonly string[] EveryCheck =
        ["basic", "containers", "dict", "error", "large", "signals", "properties", Descriptors, "names", Leave];

    /// <summary>Checks that are about the bus alone: a library does them with itself, not with every other.</summary>
    private static readonly string[] Alone = ["names"];

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<Library> All { get; } =
    [
        new("libdbus", "C, the reference library"),
        new("sd-bus", "C, of systemd"),
        new("gdbus", "C, of GLib"),
        new("dbus-python", "Python, over libdbus"),
        new("dasbus", "Python, over GDBus"),
        new("python-dbus-next", "Python, its own"),
        new("obus", "OCaml, its own"),
        new("node-dbus-next", "JavaScript, its own")
        {
            Cannot = [new("dict", "the keys of its dicts are always strings (dbus-next 0.10.2, marshall.js)", "1 was not of type number")],
            HasAddon = true,
        },
    ];

    /// <summary>Checks that the library has no means for.</summary>
    internal IReadOnlyList<Inability> Cannot { get; init; } = [];

    /// <summary>
    /// Whether it passes descriptors only where a native addon is found, by which it cannot send what a socket does not take at once
    /// (usocket 0.3.0): then it checks descriptors by themselves.
    /// </summary>
    internal bool HasAddon { get; init; }

    public override string ToString() => Name;

    /// <summary>What is checked when a client of the one library meets a service of the other.</summary>
    internal static string[] Checks(Library client, Library service) =>
        [.. EveryCheck.Where(check => !client.Cannot.Concat(service.Cannot).Any(inability => inability.Check == check))
            .Where(check => client == service || !Alone.Contains(check))];

    /// <summary>The same, by the processes that they are checked in; each ends with the service.</summary>
    internal static IEnumerable<string[]> Sittings(Library client, Library service)
    {
        string[] checks = Checks(client, service);
        return client.HasAddon || service.HasAddon
            ? [[.. checks.Where(check => check != Descriptors)], [Descriptors, Leave]]
            : [checks];
    }

}

/// <summary>What a library cannot, whatever the bus: a test has it fail on dbus-daemon too.</summary>
/// <param name="Check">The check that it fails.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Says">In what its program then prints.</param>
internal sealed record Inability(string Check, string Reason, string Says);
