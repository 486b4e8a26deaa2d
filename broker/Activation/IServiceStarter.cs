using XcpBroker.Protocol;

namespace XcpBroker.Activation;

/// <summary>Starts services as processes of their own, and tells how they end.</summary>
/// <remarks>Called on the bus loop, never blocks it, and answers on it.</remarks>
internal interface IServiceStarter
{
    /// <summary>Begins to start a service.</summary>
    /// <returns>What ends it early.</returns>
    IStartedService Start(ServiceCommand command, IServiceEvents events);
}

/// <summary>A process that was asked for.</summary>
internal interface IStartedService
{
    /// <summary>Ends it with SIGKILL, if it has not ended; its events still come.</summary>
    void Kill();
}

/// <summary>What becomes of a process that was asked for: one of the two, once, on the bus loop.</summary>
internal interface IServiceEvents
{
    /// <summary>There was no such process: the program cannot be executed, the user is unknown, the right to start it is missing.</summary>
    /// <param name="error">One of org.freedesktop.DBus.Error.Spawn.*, for those who wait.</param>
    void StartFailed(DBusError error);

    /// <summary>It ran, and has ended.</summary>
    void Ended(ServiceExit exit);
}

/// <summary>How a process ended.</summary>
/// <param name="Status">Its exit status; meaningless if a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
internal readonly record struct ServiceExit(int Status, int Signal);

/// <summary>What of a descriptor is to be done.</summary>
internal enum StartKind : byte
{
    /// <summary>Its program is run.</summary>
    Program,

    /// <summary>Its unit is started by the host's systemd.</summary>
    Unit,

    /// <summary>The domain that it lives in is started, by the program that the configuration names for that.</summary>
    Domain,
}

/// <summary>A unit of the host's systemd.</summary>
/// <param name="Name">For example <c>example.service</c>.</param>
/// <param name="BusAddress">The system bus.</param>
internal sealed record SystemUnit(string Name, string BusAddress);

/// <summary>What is to be run, from a descriptor.</summary>
internal sealed record ServiceCommand
{
    /// <summary>What is to be done; the members below that it does not need are not looked at.</summary>
    internal StartKind Kind { get; init; }

    /// <summary>What systemd starts.</summary>
    internal SystemUnit? Unit { get; init; }

    /// <summary>Who runs, as the log calls it.</summary>
    internal string Label => Kind switch
    {
        StartKind.Unit => $"systemd's job for {Name}",
        StartKind.Domain => $"the starter of the domain of {Name}",
        _ => Name,
    };

    /// <summary>The well-known name that the process is expected to own.</summary>
    internal required string Name { get; init; }

    /// <summary>Rooted path of the descriptor. A privileged starter trusts this and the name only, and reads the rest again.</summary>
    internal required string DescriptorPath { get; init; }

    /// <summary>Program and arguments.</summary>
    internal required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>User=; null: the broker's own.</summary>
    internal string? User { get; init; }

    /// <summary>The whole environment of the process.</summary>
    internal required IReadOnlyDictionary<string, string> Environment { get; init; }
}
