namespace XcpBroker.Load.Workloads;

/// <summary>What load is made, of what size and for how long.</summary>
internal sealed record LoadOptions
{
    internal string Mode { get; init; } = "pingpong";

    /// <summary>Bytes in the body's array; 0: no body.</summary>
    internal int Size { get; init; }

    /// <summary>Pairs of peers that talk; for connecting: connections under way at once.</summary>
    internal int Pairs { get; init; } = 1;

    /// <summary>Messages of a sender that are under way at once.</summary>
    internal int Window { get; init; } = 1;

    /// <summary>Each message with a send of its own.</summary>
    internal bool Unbatched { get; init; }

    /// <summary>Peers agree on descriptors (NEGOTIATE_UNIX_FD), as libdbus, sd-bus and GDBus do; none are sent.</summary>
    internal bool AgreesOnFds { get; init; }

    internal int Subscribers { get; init; } = 16;

    /// <summary>Rules, of connections beside, that no message of the load matches.</summary>
    internal int Rules { get; init; }

    /// <summary>Which kind they are of.</summary>
    internal string RuleKind { get; init; } = RuleKinds.Mixed;

    /// <summary>The name that durable messages are posted to.</summary>
    internal string Destination { get; init; } = "";

    /// <summary>Messages a second of the flood; 0: as many as go.</summary>
    internal int FloodRate { get; init; }

    /// <summary>A new connection waits for each answer, as libdbus does, instead of sending all at once.</summary>
    internal bool Stepwise { get; init; }

    /// <summary>The rate is messages by CPU time of broker and generator together instead of by the clock: what an undisturbed CPU would give.</summary>
    internal bool RateByCpu { get; init; }

    internal TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(0.3);

    /// <summary>Instead of measuring for a time, until so many messages have arrived; 0: by time.</summary>
    internal long Messages { get; init; }

    internal TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(1);
}
