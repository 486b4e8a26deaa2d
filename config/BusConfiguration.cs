using XcpBroker.Auth.Policy;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Services;

namespace XcpBroker.Config;

/// <summary>What a configuration file and all that it includes say. Nothing in it depends on what the host has besides them.</summary>
/// <remarks>Source: dbus-daemon(1), "CONFIGURATION FILE"; docs/configuration.md.</remarks>
public sealed record BusConfiguration
{
    /// <summary>The <c>type</c> that has our limits and our strictness.</summary>
    public const string XcpType = "xcp";

    /// <summary>The file that was asked for.</summary>
    public required string File { get; init; }

    /// <summary>type: "system", "session", "xcp", or what somebody wrote; null: none.</summary>
    public string? Type { get; init; }

    /// <summary>user: a name or a number; null: the bus stays who it is.</summary>
    public string? User { get; init; }

    /// <summary>fork.</summary>
    public bool Fork { get; init; }

    /// <summary>keep_umask.</summary>
    public bool KeepUmask { get; init; }

    /// <summary>syslog.</summary>
    public bool Syslog { get; init; }

    /// <summary>allow_anonymous: whoever authenticates as nobody may connect.</summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>pidfile, as it is written.</summary>
    public string? PidFile { get; init; }

    /// <summary>servicehelper; rooted or relative as the file's own path.</summary>
    public string? ServiceHelper { get; init; }

    /// <summary>domainstarter; null: nothing starts domains.</summary>
    public DomainStarter? DomainStarter { get; init; }

    /// <summary>xenstore; null: domains find nothing there.</summary>
    public XenstorePublication? Xenstore { get; init; }

    /// <summary>listen: the addresses that this broker knows, in the order in which clients are to try them: those of the last element first, but in type xcp as written.</summary>
    public IReadOnlyList<ListenAddress> Addresses { get; init; } = [];

    /// <summary>listen: why the other addresses are not among them; also among the <see cref="Warnings"/>.</summary>
    public IReadOnlyList<ConfigProblem> UnusableAddresses { get; init; } = [];

    /// <summary>domain: whose peers are on this bus without being users of this host.</summary>
    public IReadOnlyList<DomainDeclaration> Domains { get; init; } = [];

    /// <summary>auth: the SASL mechanisms that are offered; empty: as <see cref="BrokerOptions.AuthMechanisms"/>.</summary>
    public IReadOnlyList<string> AuthMechanisms { get; init; } = [];

    /// <summary>servicedir, standard_session_servicedirs, standard_system_servicedirs: each once, the first one first.</summary>
    public IReadOnlyList<ServiceDirectory> ServiceDirectories { get; init; } = [];

    /// <summary>buffer: names that messages wait for, besides those whose descriptors say so; each prefix once.</summary>
    public IReadOnlyList<BufferedPrefix> Buffers { get; init; } = [];

    /// <summary>limit: of type xcp on top of <see cref="DefaultLimits.Embedded"/>, else of <see cref="DefaultLimits.DbusDaemonSystem"/>.</summary>
    public required LimitOptions Limits { get; init; }

    /// <summary>policy.</summary>
    public required PolicySet Policy { get; init; }

    /// <summary>Every file that was read or looked for, in this order: a change of one may change the configuration.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>includedir: every directory that was looked into, there or not.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [];

    /// <summary>What was passed over.</summary>
    public IReadOnlyList<ConfigProblem> Warnings { get; init; } = [];

    /// <summary>Whether it is of our own type.</summary>
    public bool IsXcp => Type == XcpType;
}
