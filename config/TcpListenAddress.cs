namespace XcpBroker.Config;

/// <summary>Which protocol below TCP.</summary>
public enum TcpFamily
{
    /// <summary>Each that the host's name has addresses of.</summary>
    Any,

    /// <summary>IPv4.</summary>
    IPv4,

    /// <summary>IPv6.</summary>
    IPv6,
}

/// <summary>A <c>tcp:</c> or <c>nonce-tcp:</c> address.</summary>
/// <remarks>Source: D-Bus specification, "TCP Sockets", "Nonce-authenticated TCP Sockets".</remarks>
public sealed record TcpListenAddress : ListenAddress
{
    /// <summary>The host that is connected to when none is given, as in dbus-daemon.</summary>
    public const string DefaultHost = "localhost";

    /// <summary>The value of <see cref="Bind"/> that stands for every address of the host.</summary>
    public const string BindEverywhere = "*";

    /// <summary>Whether a client must know the nonce: the address is <c>nonce-tcp:</c>.</summary>
    public bool HasNonce { get; init; }

    /// <summary>The host that clients connect to: a name or an address.</summary>
    public string Host { get; init; } = DefaultHost;

    /// <summary>What is listened on instead: a name, an address, or <see cref="BindEverywhere"/>; null: <see cref="Host"/>.</summary>
    public string? Bind { get; init; }

    /// <summary>The port; 0: one that the kernel chooses.</summary>
    public ushort Port { get; init; }

    /// <summary>The protocol that is listened on, or by which clients connect.</summary>
    public TcpFamily Family { get; init; }

    /// <summary>Of a connectable <c>nonce-tcp:</c> address: the file with the nonce, rooted; otherwise null.</summary>
    public string? NonceFile { get; init; }

    /// <inheritdoc/>
    public override string Transport => HasNonce ? "nonce-tcp" : "tcp";

    /// <inheritdoc/>
    public override bool HasForgeablePeers => true;

    /// <inheritdoc/>
    public override string? ConnectProblem => HasNonce ? base.ConnectProblem : Port == 0 ? "'port' must be given" : null;

    /// <inheritdoc/>
    protected override string Values
    {
        get
        {
            (string Key, string? Value)[] pairs =
                [("host", Host), ("bind", Bind), ("port", $"{Port}"), ("family", NameOf(Family)), ("noncefile", NonceFile)];
            return string.Join(',', pairs.Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}={AddressEscaping.Escape(pair.Value!)}"));
        }
    }

    /// <inheritdoc/>
    public override bool IsReachedBy(ListenAddress other) => other is TcpListenAddress theirs && theirs.Port == Port;

    /// <summary>The value of the key <c>family</c>; null for <see cref="TcpFamily.Any"/>.</summary>
    internal static string? NameOf(TcpFamily family) => family switch
    {
        TcpFamily.IPv4 => "ipv4",
        TcpFamily.IPv6 => "ipv6",
        _ => null,
    };
}
