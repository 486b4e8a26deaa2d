using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>What a host's name means (getaddrinfo(3)).</summary>
internal static unsafe class HostAddresses
{
    /// <summary>Its addresses, each once, in the order in which they are to be tried. May wait for DNS.</summary>
    /// <param name="address">Names port and protocol, and is named in errors.</param>
    /// <param name="host">A name or an address; null: every address of this host.</param>
    /// <param name="isPassive">Whether it is to be listened on.</param>
    /// <exception cref="StartException">There is no such host; the text says why.</exception>
    internal static IReadOnlyList<SocketName> Find(TcpListenAddress address, string? host, bool isPassive)
    {
        LibC.AddressInfo hints = new()
        {
            Flags = isPassive ? LibC.AI_PASSIVE : 0,
            SocketType = LibC.SOCK_STREAM,
            Family = address.Family switch
            {
                TcpFamily.IPv4 => LibC.AF_INET,
                TcpFamily.IPv6 => LibC.AF_INET6,
                _ => LibC.AF_UNSPEC,
            },
        };
        LibC.AddressInfo* found;
        int error = LibC.FindAddresses(host, address.Port.ToString(CultureInfo.InvariantCulture), &hints, &found);
        if (error != 0)
        {
            string why = error == LibC.EAI_SYSTEM
                ? new Win32Exception(Marshal.GetLastPInvokeError()).Message
                : Marshal.PtrToStringUTF8((nint)LibC.DescribeAddressError(error))!;
            throw new StartException($"{address}: cannot find the host '{host}': {why}");
        }

        List<SocketName> names = [];
        for (LibC.AddressInfo* candidate = found; candidate is not null; candidate = candidate->Next)
        {
            SocketName name = SocketName.Read(candidate->Address, candidate->AddressLength);
            if (!names.Exists(known => known.Host.Equals(name.Host)))
            {
                names.Add(name); // hosts(5) may name one twice
            }
        }

        LibC.FreeAddresses(found);
        return names;
    }
}
