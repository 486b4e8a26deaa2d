using XcpBroker.Auth;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>What the bus says of itself and of its host.</summary>
internal static class HostIdentity
{
    private static readonly string[] MachineIdFiles = ["/var/lib/dbus/machine-id", "/etc/machine-id"];

    internal static unsafe PeerCredentials OwnCredentials()
    {
        uint[] groups = [];
        int count = LibC.GetGroups(0, null);
        if (count > 0)
        {
            groups = new uint[count];
            fixed (uint* start = groups)
            {
                count = LibC.GetGroups(count, start);
            }
        }

        return new PeerCredentials
        {
            UserId = LibC.GetEffectiveUserId(),
            ProcessId = Environment.ProcessId,
            GroupIds = count < 0 ? null : new SortedSet<uint>(groups[..count]) { LibC.GetEffectiveGroupId() }.ToArray(),
        };
    }

    /// <summary>32 hexadecimal digits; null when the host has none that can be read.</summary>
    internal static string? MachineId()
    {
        foreach (string file in MachineIdFiles)
        {
            try
            {
                string id = File.ReadAllText(file).Trim();
                if (id.Length == 32 && id.All(char.IsAsciiHexDigit))
                {
                    return id;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The other file may have it.
            }
        }

        return null;
    }

    /// <summary>RLIMIT_NOFILE as it is now.</summary>
    internal static unsafe long DescriptorLimit()
    {
        LibC.ResourceLimit limit;
        return LibC.GetResourceLimit(LibC.RLIMIT_NOFILE, &limit) == 0 ? (long)Math.Min(limit.Soft, int.MaxValue) : 1024;
    }
}
