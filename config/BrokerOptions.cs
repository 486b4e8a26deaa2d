using XcpBroker.Auth.Policy;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Services;

namespace XcpBroker.Config;

/// <summary>Where log lines go besides, or instead of, standard error.</summary>
public enum SyslogMode
{
    /// <summary>Standard error only.</summary>
    None,

    /// <summary>Standard error and syslog.</summary>
    Also,

    /// <summary>Syslog only.</summary>
    Only,
}

/// <summary>What one broker process is told to do.</summary>
public sealed record BrokerOptions
{
    /// <summary>
    /// The addresses to listen on. The broker listens on each that it can, and starts if there is one: so a list may hold fallbacks
    /// (<c>unix:runtime=yes;unix:tmpdir=/tmp</c>).
    /// </summary>
    public required IReadOnlyList<ListenAddress> Addresses { get; init; }

    /// <summary>What peers may use.</summary>
    public LimitOptions Limits { get; init; } = DefaultLimits.Embedded;

    /// <summary>Access mode of sockets in the file system.</summary>
    /// <remarks>Owner only: without a configuration file there is no policy that could tell others what they may do.</remarks>
    public UnixFileMode SocketMode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>What listen addresses may refer to.</summary>
    public required AddressSurroundings Surroundings { get; init; }

    /// <summary>Whether vsock peers of this machine itself may connect: for tests.</summary>
    public bool AllowsVsockLoopback { get; init; }

    /// <summary>How long the bus looks for more to do before it sleeps. Zero: not at all.</summary>
    public TimeSpan BusyPoll { get; init; }

    /// <summary>Rooted path of the directory for what must outlive the process (the epoch of unique names); null: nothing does, the epoch is 1.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>The descriptor that gets the addresses, one line; null: none.</summary>
    public int? PrintAddressDescriptor { get; init; }

    /// <summary>The descriptor that gets the process id, one line; null: none.</summary>
    public int? PrintPidDescriptor { get; init; }

    /// <summary>Whether the broker detaches from its terminal and session.</summary>
    public bool Fork { get; init; }

    /// <summary>Where log lines go.</summary>
    public SyslogMode Syslog { get; init; }

    /// <summary>
    /// The user, by name or number, that a broker started by root becomes before it serves; null: it stays who it is. Started by
    /// another user it does not change, as dbus-daemon, but the user must exist.
    /// </summary>
    public string? User { get; init; }

    /// <summary>Rooted path of the file that gets the process id; it must not exist, and is removed at the end. Null: there is none.</summary>
    public string? PidFile { get; init; }

    /// <summary>Whether a detached broker keeps its caller's umask instead of 022.</summary>
    public bool KeepUmask { get; init; }

    /// <summary>The configuration file that all this comes from; null: there is none. Read again, it is what a reload goes by.</summary>
    public BusConfiguration? Configuration { get; init; }

    /// <summary>What kind of bus it is: "system", "session", "xcp" or anything; null: a file did not say, or there is none.</summary>
    public string? BusType { get; init; }

    /// <summary>Who may connect, and what they may send, receive and own.</summary>
    public PolicySet Policy { get; init; } = PolicySet.OpenToOwnUser();

    /// <summary>The domains whose peers are on this bus without being users of this host.</summary>
    public IReadOnlyList<DomainDeclaration> Domains { get; init; } = [];

    /// <summary>
    /// The SASL mechanisms that are offered; empty: EXTERNAL where the kernel knows the peer, otherwise DBUS_COOKIE_SHA1, and ANONYMOUS if
    /// <see cref="AllowAnonymous"/>.
    /// </summary>
    public IReadOnlyList<string> AuthMechanisms { get; init; } = [];

    /// <summary>Whether who authenticates as nobody may connect.</summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>Where services that can be started are described, the first one first.</summary>
    public IReadOnlyList<ServiceDirectory> ServiceDirectories { get; init; } = [];

    /// <summary>Names that messages wait for, besides those whose descriptors say so.</summary>
    public IReadOnlyList<BufferedPrefix> Buffers { get; init; } = [];

    /// <summary>The program that dbus-daemon would start services with; null: none is named.</summary>
    public string? ServiceHelper { get; init; }

    /// <summary>What starts Xen domains that services live in; null: nothing does.</summary>
    public DomainStarter? DomainStarter { get; init; }

    /// <summary>What domains find in xenstore; null: nothing, and it is not looked at.</summary>
    public XenstorePublication? Xenstore { get; init; }

    /// <summary>Whether services that name a systemd unit are started by asking systemd.</summary>
    public bool SystemdActivation { get; init; }
}
