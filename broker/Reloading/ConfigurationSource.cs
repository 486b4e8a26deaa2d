using XcpBroker.Config;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Services;

namespace XcpBroker.Reloading;

/// <summary>Where a bus's configuration comes from. The default has nothing to read: a reload finds what is in force.</summary>
internal sealed record ConfigurationSource
{
    /// <summary>Reads it again; may wait for disks and directory servers, on any thread. Null: there is none.</summary>
    internal Func<ConfigurationReading>? Read { get; init; }

    /// <summary>Reads a text as if it were a configuration file; may wait as <see cref="Read"/> does.</summary>
    internal Func<ReadOnlyMemory<byte>, ConfigurationCheck> Check { get; init; } = static _ => new ConfigurationCheck([], []);

    /// <summary>Reads the text of a domain element; may wait as <see cref="Read"/> does.</summary>
    internal Func<ReadOnlyMemory<byte>, DomainReading> ReadDomain { get; init; } = static _ => new DomainReading(null, "this bus reads no domains");

    /// <summary>Runs something that may wait, off the bus loop.</summary>
    internal Action<Action> RunElsewhere { get; init; } = static work => work();
}

/// <summary>What a reading gave: options and what can be started, or why there are none.</summary>
internal readonly record struct ConfigurationReading(BrokerOptions? Options, string? Problem)
{
    /// <summary>What the directories of services say; null: nothing was read.</summary>
    internal ServiceCatalog? Services { get; init; }
}

/// <summary>What the text of a domain element gave: the domain, or why there is none.</summary>
internal readonly record struct DomainReading(DomainDeclaration? Declaration, string? Problem);

/// <summary>What is to be said of a text.</summary>
/// <param name="Errors">Why no bus can start with it: the first thing that is wrong; empty: one can.</param>
/// <param name="Warnings">What a bus would pass over.</param>
internal sealed record ConfigurationCheck(IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings);
