using System.Buffers.Binary;
using System.Text;
using XcpBroker.Auth.Domains;
using XcpBroker.Protocol.Names;
using XcpBroker.Xenstore;

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

    /// <summary>Watch a declared domain in xenstore, and tell it of the bus there.</summary>
    WatchDomain = 5,

    /// <summary>Watch it no longer.</summary>
    ForgetDomain = 6,

    /// <summary>The bus knows that a domain of this number has booted.</summary>
    ConfirmDomain = 7,
}

/// <summary>One packet to the root helper: kind, number, and what that kind needs.</summary>
/// <param name="Kind">What is asked for.</param>
/// <param name="Number">Of the start, chosen by who asks; the answers bear it. Or a domain's.</param>
/// <param name="Name">The service, or the domain; empty where there is none.</param>
/// <remarks>
/// The bus, which reads what any peer sends, may be the enemy: so a request names a thing and never says how it is done. Nothing of it is
/// a path, a program, an argument or a user.
/// </remarks>
internal readonly record struct HelperRequest(HelperRequestKind Kind, uint Number, string Name)
{
    internal const int MaxSize = HeaderSize + DomainNotice.MaxBytes;
    private const int HeaderSize = 1 + sizeof(uint);

    /// <summary>WatchDomain: what the domain is to find, which is of the four kinds that <see cref="DomainNotice"/> has, and no more.</summary>
    internal DomainNotice? Notice { get; private init; }

    internal static HelperRequest WatchDomain(DomainNotice notice) => new(HelperRequestKind.WatchDomain, 0, notice.Name) { Notice = notice };

    internal static HelperRequest ForgetDomain(string name) => new(HelperRequestKind.ForgetDomain, 0, name);

    internal static HelperRequest ConfirmDomain(uint domid) => new(HelperRequestKind.ConfirmDomain, domid, "");

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
        uint number = BinaryPrimitives.ReadUInt32LittleEndian(packet[1..]);
        if (kind == HelperRequestKind.WatchDomain)
        {
            bool isNotice = DomainNotice.TryParse(name, out DomainNotice? notice) && number == 0;
            request = isNotice ? WatchDomain(notice!) : default;
            return isNotice;
        }

        bool isValid = kind switch
        {
            HelperRequestKind.Start or HelperRequestKind.StartUnit or HelperRequestKind.StartDomain => BusName.IsValidWellKnown(name),
            HelperRequestKind.Kill or HelperRequestKind.ConfirmDomain => name.IsEmpty,
            HelperRequestKind.ForgetDomain => number == 0 && Ascii.IsValid(name) && DomainIdentity.IsValidWord(Encoding.ASCII.GetString(name)),
            _ => false,
        };
        request = isValid ? new HelperRequest(kind, number, Encoding.ASCII.GetString(name)) : default;
        return isValid;
    }

    /// <summary>The packet that <see cref="TryParse"/> reads back.</summary>
    internal byte[] ToPacket()
    {
        byte[] rest = Notice?.ToBytes() ?? Encoding.ASCII.GetBytes(Name);
        byte[] packet = [(byte)Kind, 0, 0, 0, 0, .. rest];
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(1), Number);
        return packet;
    }
}
