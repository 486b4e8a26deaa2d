using System.Buffers.Binary;
using System.Text;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Spawning.Helper;

/// <summary>What the root helper can be asked for. The numbers pass between two processes of one binary.</summary>
internal enum HelperRequestKind : byte
{
    /// <summary>Start the service of this well-known name, as its descriptor says.</summary>
    Start = 1,

    /// <summary>Kill what an earlier request started.</summary>
    Kill = 2,

    /// <summary>Have the host's systemd start the unit of this well-known name, as its descriptor says.</summary>
    StartUnit = 3,

    /// <summary>Start the domain of this well-known name: as its descriptor says which, and as the helper was told how at its start.</summary>
    StartDomain = 4,
}

/// <summary>One packet to the root helper: kind, number, and what that kind needs.</summary>
/// <param name="Kind">What is asked for.</param>
/// <param name="Number">Of the start, chosen by who asks; the answers bear it.</param>
/// <param name="Name">The service; empty where there is none.</param>
/// <remarks>
/// The bus, which reads what any peer sends, may be the enemy: so a request names a thing and never says how it is done. Nothing of it is
/// a path, a program, an argument or a user.
/// </remarks>
internal readonly record struct HelperRequest(HelperRequestKind Kind, uint Number, string Name)
{
    internal const int MaxSize = HeaderSize + ProtocolLimits.MaxNameLength;
    private const int HeaderSize = 1 + sizeof(uint);

    /// <summary>Reads a packet; false if it is anything but a request in its one form.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> packet, out HelperRequest request)
    {
        request = default;
        if (packet.Length is < HeaderSize or > MaxSize)
        {
            return false;
        }

        HelperRequestKind kind = (HelperRequestKind)packet[0];
        ReadOnlySpan<byte> name = packet[HeaderSize..];
        bool isValid = kind switch
        {
            HelperRequestKind.Start or HelperRequestKind.StartUnit or HelperRequestKind.StartDomain => BusName.IsValidWellKnown(name),
            HelperRequestKind.Kill => name.IsEmpty,
            _ => false,
        };
        request = isValid ? new HelperRequest(kind, BinaryPrimitives.ReadUInt32LittleEndian(packet[1..]), Encoding.ASCII.GetString(name)) : default;
        return isValid;
    }

    /// <summary>The packet that <see cref="TryParse"/> reads back.</summary>
    internal byte[] ToPacket()
    {
        byte[] packet = new byte[HeaderSize + Name.Length];
        packet[0] = (byte)Kind;
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(1), Number);
        _ = Encoding.ASCII.GetBytes(Name, packet.AsSpan(HeaderSize));
        return packet;
    }
}
