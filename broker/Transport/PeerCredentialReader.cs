using System.Runtime.InteropServices;
using XcpBroker.Auth;
using XcpBroker.Interop;

namespace XcpBroker.Transport;

/// <summary>Asks the kernel who is at the other end of a Unix socket (SO_PEERCRED, SO_PEERGROUPS, SO_PEERSEC).</summary>
/// <remarks>No errno of these ends anything: what cannot be had is absent. Equal groups and labels are kept once.</remarks>
internal sealed unsafe class PeerCredentialReader
{
    private uint[] _lastGroups = [];
    private byte[] _lastLabel = [];
    private bool _hasLabels = true;

    internal PeerCredentials Read(int fd)
    {
        int* ucred = stackalloc int[3];
        uint length = 3 * sizeof(int);
        bool known = LibC.GetSocketOption(fd, LibC.SOL_SOCKET, LibC.SO_PEERCRED, (byte*)ucred, &length) == 0 && length == 3 * sizeof(int);
        return new PeerCredentials
        {
            // A peer outside our pid namespace has pid 0; uid -1 is the kernel's "unknown".
            ProcessId = known && ucred[0] > 0 ? ucred[0] : null,
            UserId = known && ucred[1] != -1 ? (uint)ucred[1] : null,
            GroupIds = known ? Groups(fd, (uint)ucred[2]) : null,
            SecurityLabel = Label(fd),
        };
    }

    private uint[]? Groups(int fd, uint primary)
    {
        Span<uint> groups = stackalloc uint[64];
        uint length = (uint)(groups.Length * sizeof(uint));
        int result;
        fixed (uint* start = groups)
        {
            result = LibC.GetSocketOption(fd, LibC.SOL_SOCKET, LibC.SO_PEERGROUPS, (byte*)start, &length);
        }

        if (result < 0 && Marshal.GetLastPInvokeError() == LibC.ERANGE)
        {
            groups = new uint[length / sizeof(uint)];
            fixed (uint* start = groups)
            {
                result = LibC.GetSocketOption(fd, LibC.SOL_SOCKET, LibC.SO_PEERGROUPS, (byte*)start, &length);
            }
        }

        return result < 0 ? null : Complete(groups[..(int)(length / sizeof(uint))], primary);
    }

    private uint[] Complete(ReadOnlySpan<uint> supplementary, uint primary)
    {
        uint[] all = [.. supplementary, primary];
        Array.Sort(all);
        int count = 1;
        for (int i = 1; i < all.Length; i++)
        {
            if (all[i] != all[count - 1])
            {
                all[count++] = all[i];
            }
        }

        if (!_lastGroups.AsSpan().SequenceEqual(all.AsSpan(0, count)))
        {
            _lastGroups = all[..count];
        }

        return _lastGroups;
    }

    private byte[]? Label(int fd)
    {
        if (!_hasLabels)
        {
            return null;
        }

        Span<byte> label = stackalloc byte[512];
        uint length = (uint)label.Length;
        int result;
        fixed (byte* start = label)
        {
            result = LibC.GetSocketOption(fd, LibC.SOL_SOCKET, LibC.SO_PEERSEC, start, &length);
        }

        if (result < 0)
        {
            // No security module labels sockets here, nor will one later.
            _hasLabels = Marshal.GetLastPInvokeError() != LibC.ENOPROTOOPT;
            return null;
        }

        ReadOnlySpan<byte> text = label[..(int)length].TrimEnd((byte)0);
        if (text.IsEmpty)
        {
            return null;
        }

        if (!_lastLabel.AsSpan().SequenceEqual(text))
        {
            _lastLabel = text.ToArray();
        }

        return _lastLabel;
    }
}
