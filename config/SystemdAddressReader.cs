using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>Reads what stands behind <c>systemd:</c>: nothing but a guid, which is taken already.</summary>
internal static class SystemdAddressReader
{
    internal static bool TryRead(AddressPairs pairs, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        error = pairs.UnknownKeyError([]);
        address = error is null ? new SystemdListenAddress() : null;
        return error is null;
    }
}
