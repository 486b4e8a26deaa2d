using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>Reads what stands behind <c>systemd:</c>: nothing but a guid, which is taken already.</summary>
public sealed class SystemdSyntax() : TransportSyntax("systemd")
{
    /// <inheritdoc/>
    public override bool TryRead(AddressPairs pairs, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        error = pairs.UnknownKeyError([]);
        address = error is null ? new SystemdListenAddress() : null;
        return error is null;
    }
}
