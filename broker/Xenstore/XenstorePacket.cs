using System.Buffers.Binary;

namespace XcpBroker.Xenstore;

/// <summary>Kinds of packets that this client sends or gets; the numbers are the wire's.</summary>
/// <remarks>Source: Xen, docs/misc/xenstore.txt and xs_wire.h.</remarks>
internal enum XenstoreType : uint
{
    /// <summary>XS_DIRECTORY.</summary>
    Directory = 1,

    /// <summary>XS_READ.</summary>
    Read = 2,

    /// <summary>XS_GET_PERMS.</summary>
    GetPermissions = 3,

    /// <summary>XS_WATCH.</summary>
    Watch = 4,

    /// <summary>XS_UNWATCH.</summary>
    Unwatch = 5,

    /// <summary>XS_TRANSACTION_START.</summary>
    TransactionStart = 6,

    /// <summary>XS_TRANSACTION_END.</summary>
    TransactionEnd = 7,

    /// <summary>XS_GET_DOMAIN_PATH.</summary>
    GetDomainPath = 10,

    /// <summary>XS_WRITE.</summary>
    Write = 11,

    /// <summary>XS_MKDIR.</summary>
    MakeDirectory = 12,

    /// <summary>XS_RM.</summary>
    Remove = 13,

    /// <summary>XS_SET_PERMS.</summary>
    SetPermissions = 14,

    /// <summary>XS_WATCH_EVENT: comes unasked.</summary>
    WatchEvent = 15,

    /// <summary>XS_ERROR: the answer to what could not be done.</summary>
    Error = 16,

    /// <summary>XS_IS_DOMAIN_INTRODUCED.</summary>
    IsDomainIntroduced = 17,

    /// <summary>XS_DIRECTORY_PART: a piece of a list that is too long for one packet.</summary>
    DirectoryPart = 22,
}

/// <summary>What a look at received bytes has found.</summary>
internal enum XenstoreFrame : byte
{
    /// <summary>A packet.</summary>
    Complete,

    /// <summary>The beginning of one.</summary>
    NeedMoreData,

    /// <summary>No packet can begin so: its length is beyond <see cref="XenstorePacket.MaxPayload"/>.</summary>
    TooLong,
}

/// <summary>One packet of xenstore: four numbers in the host's byte order (struct xsd_sockmsg), then the payload.</summary>
/// <param name="Type">What it is; may be a kind that this client does not know.</param>
/// <param name="RequestId">Chosen by who asks; the answer bears it.</param>
/// <param name="Transaction">0: none.</param>
/// <param name="Payload">At most <see cref="MaxPayload"/> bytes.</param>
internal readonly record struct XenstorePacket(XenstoreType Type, uint RequestId, uint Transaction, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Bytes before the payload.</summary>
    internal const int HeaderSize = 16;

    /// <summary>XENSTORE_PAYLOAD_MAX.</summary>
    internal const int MaxPayload = 4096;

    /// <summary>Bytes of the longest packet.</summary>
    internal const int MaxSize = HeaderSize + MaxPayload;

    /// <summary>Looks for a packet at the beginning of the bytes. Of an incomplete one nothing is believed but that it can't be too long.</summary>
    /// <param name="bytes">As received.</param>
    /// <param name="packet">The packet; its payload is a copy.</param>
    /// <param name="length">Its bytes; 0: there is none.</param>
    internal static XenstoreFrame TryRead(ReadOnlySpan<byte> bytes, out XenstorePacket packet, out int length)
    {
        packet = default;
        length = 0;
        if (bytes.Length < HeaderSize)
        {
            return XenstoreFrame.NeedMoreData;
        }

        uint payload = Number(bytes, 3);
        if (payload > MaxPayload)
        {
            return XenstoreFrame.TooLong;
        }

        if (bytes.Length < HeaderSize + (int)payload)
        {
            return XenstoreFrame.NeedMoreData;
        }

        length = HeaderSize + (int)payload;
        packet = new XenstorePacket((XenstoreType)Number(bytes, 0), Number(bytes, 1), Number(bytes, 2), bytes[HeaderSize..length].ToArray());
        return XenstoreFrame.Complete;
    }

    /// <summary>The bytes that <see cref="TryRead"/> reads back.</summary>
    internal byte[] ToBytes()
    {
        byte[] bytes = new byte[HeaderSize + Payload.Length];
        ReadOnlySpan<uint> numbers = [(uint)Type, RequestId, Transaction, (uint)Payload.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), numbers[i]);
        }

        Payload.Span.CopyTo(bytes.AsSpan(HeaderSize));
        return bytes;
    }

    // The hosts that this runs on, x86-64 and Arm, are little-endian.
    private static uint Number(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(index * sizeof(uint))..]);
}
