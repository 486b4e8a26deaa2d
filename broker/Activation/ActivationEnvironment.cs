namespace XcpBroker.Activation;

/// <summary>The environment that services get.</summary>
/// <remarks>
/// The broker's own, less what its own starter meant for the broker alone, with what UpdateActivationEnvironment set, and with the
/// address of this bus. Source: specification, "Message Bus Starting Services"; the list of what is left out: dbus-daemon's
/// (bus/main.c, bus/activation.c) and systemd.exec(5), "Environment variables in spawned processes".
/// </remarks>
internal sealed class ActivationEnvironment
{
    private static readonly string[] OwnBusiness =
    [
        "DBUS_STARTER_ADDRESS", "DBUS_STARTER_BUS_TYPE", "INVOCATION_ID", "JOURNAL_STREAM", "LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID",
        "LISTEN_PIDFDID", "MAINPID", "MANAGERPID", "NOTIFY_SOCKET", "SYSTEMD_EXEC_PID", "WATCHDOG_PID", "WATCHDOG_USEC",
    ];

    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly string? _busType;

    /// <param name="own">The broker's own environment.</param>
    /// <param name="busType">The type of the bus as configured; only the well-known "system" and "session" are told to services.</param>
    internal ActivationEnvironment(IEnumerable<KeyValuePair<string, string>> own, string? busType)
    {
        _busType = busType is "system" or "session" ? busType : null;
        foreach (KeyValuePair<string, string> variable in own)
        {
            if (Array.BinarySearch(OwnBusiness, variable.Key, StringComparer.Ordinal) < 0)
            {
                _variables[variable.Key] = variable.Value;
            }
        }
    }

    /// <summary>An address of this bus that a child can use; null before there is one.</summary>
    internal string? Address { get; set; }

    /// <summary>Whether a variable can have this name.</summary>
    internal static bool IsValidName(string name) => name.Length > 0 && !name.Contains('=');

    internal void Set(string name, string value) => _variables[name] = value;

    /// <summary>The whole environment of a service that starts now.</summary>
    internal IReadOnlyDictionary<string, string> Build()
    {
        Dictionary<string, string> variables = new(_variables, StringComparer.Ordinal);
        if (Address is { } address)
        {
            variables["DBUS_STARTER_ADDRESS"] = address;
            if (_busType is { } type)
            {
                variables["DBUS_STARTER_BUS_TYPE"] = type;
                variables[type == "system" ? "DBUS_SYSTEM_BUS_ADDRESS" : "DBUS_SESSION_BUS_ADDRESS"] = address;
            }
        }

        return variables;
    }
}
