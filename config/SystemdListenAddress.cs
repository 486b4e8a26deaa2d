namespace XcpBroker.Config;

/// <summary>The <c>systemd:</c> address: the sockets that systemd listens on for the broker and hands to it.</summary>
/// <remarks>Source: D-Bus specification, "systemd"; sd_listen_fds(3).</remarks>
public sealed record SystemdListenAddress : ListenAddress
{
    /// <inheritdoc/>
    public override string Transport => "systemd";

    /// <inheritdoc/>
    protected override string Values => "";
}
