using System.Buffers.Binary;
using System.Text.Unicode;
using XcpBroker.Activation;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Xenstore;

namespace XcpBroker.Spawning.Helper;

/// <summary>What the root helper tells of a start. The numbers pass between two processes of one binary.</summary>
internal enum HelperAnswerKind : byte
{
    /// <summary>There is a process; its output comes as a descriptor beside the packet.</summary>
    Made = 1,

    /// <summary>It did not become the service. The last answer.</summary>
    StartFailed = 2,

    /// <summary>The service has ended. The last answer.</summary>
    Ended = 3,

    /// <summary>A watched domain runs; the number is its domid.</summary>
    DomainBooted = 4,

    /// <summary>One that was said to run does not; the number is its domid.</summary>
    DomainEnded = 5,

    /// <summary>Xenstore cannot be used.</summary>
    XenstoreLost = 6,

    /// <summary>It can be used again.</summary>
    XenstoreFound = 7,

    /// <summary>A watched domain could not be told; the number is its domid.</summary>
    DomainNotTold = 8,
}

/// <summary>One packet from the root helper.</summary>
/// <param name="Kind">What is told.</param>
/// <param name="Number">The request's, or a domid.</param>
internal readonly record struct HelperAnswer(HelperAnswerKind Kind, uint Number)
{
    internal const int MaxSize = HeaderSize + (2 * MaxText);
    private const int HeaderSize = 1 + sizeof(uint);
    private const int MaxText = 512;
    private const int NumberSize = sizeof(int);

    /// <summary>Made: the process.</summary>
    internal int Pid { get; private init; }

    /// <summary>Ended: how.</summary>
    internal ServiceExit Exit { get; private init; }

    /// <summary>StartFailed: why.</summary>
    internal DBusError Error { get; private init; }

    /// <summary>Of domains and of xenstore: its texts, in the order of <see cref="IDomainEvents"/>' parameters.</summary>
    internal string Text { get; private init; } = "";

    internal static HelperAnswer OfDomains(HelperAnswerKind kind, uint domid, params ReadOnlySpan<string> texts) =>
        new(kind, domid) { Text = Cut(string.Join('\0', texts!)) };

    internal static HelperAnswer Made(uint number, int pid) => new(HelperAnswerKind.Made, number) { Pid = pid };

    internal static HelperAnswer Ended(uint number, ServiceExit exit) => new(HelperAnswerKind.Ended, number) { Exit = exit };

    /// <summary>The text is cut where it would be too long for a packet.</summary>
    internal static HelperAnswer StartFailed(uint number, DBusError error) =>
        new(HelperAnswerKind.StartFailed, number) { Error = new DBusError(error.Name, Cut(error.Message)) };

    /// <summary>Reads a packet; false if it is anything but an answer in its one form.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> packet, out HelperAnswer answer)
    {
        answer = default;
        if (packet.Length is < HeaderSize or > MaxSize)
        {
            return false;
        }

        uint number = BinaryPrimitives.ReadUInt32LittleEndian(packet[1..]);
        ReadOnlySpan<byte> rest = packet[HeaderSize..];
        switch ((HelperAnswerKind)packet[0])
        {
            case HelperAnswerKind.Made when rest.Length == NumberSize:
                answer = Made(number, BinaryPrimitives.ReadInt32LittleEndian(rest));
                return true;
            case HelperAnswerKind.Ended when rest.Length == 2 * NumberSize:
                answer = Ended(number, new ServiceExit(BinaryPrimitives.ReadInt32LittleEndian(rest), BinaryPrimitives.ReadInt32LittleEndian(rest[NumberSize..])));
                return true;
            case HelperAnswerKind.StartFailed when rest.IndexOf((byte)0) is > 0 and int end && Utf8.IsValid(rest):
                answer = StartFailed(number, new DBusError(StrictUtf8.Instance.GetString(rest[..end]), StrictUtf8.Instance.GetString(rest[(end + 1)..])));
                return true;
            case HelperAnswerKind.XenstoreFound when rest.IsEmpty:
            case HelperAnswerKind.DomainBooted or HelperAnswerKind.DomainEnded or HelperAnswerKind.XenstoreLost or HelperAnswerKind.DomainNotTold
                when Utf8.IsValid(rest) && rest.Length <= MaxText && rest.Count((byte)0) == NulsOf((HelperAnswerKind)packet[0]):
                answer = new HelperAnswer((HelperAnswerKind)packet[0], number) { Text = StrictUtf8.Instance.GetString(rest) };
                return true;
            default:
                return false;
        }
    }

    /// <summary>The packet that <see cref="TryParse"/> reads back.</summary>
    internal byte[] ToPacket()
    {
        byte[] rest = Kind switch
        {
            HelperAnswerKind.Made => Numbers(Pid),
            HelperAnswerKind.Ended => Numbers(Exit.Status, Exit.Signal),
            >= HelperAnswerKind.DomainBooted => StrictUtf8.Instance.GetBytes(Text),
            _ => StrictUtf8.Instance.GetBytes($"{Error.Name}\0{Error.Message}"),
        };
        byte[] packet = [(byte)Kind, 0, 0, 0, 0, .. rest];
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(1), Number);
        return packet;
    }

    private static int NulsOf(HelperAnswerKind kind) => kind switch
    {
        HelperAnswerKind.DomainBooted => 2, // name, UUID, secret
        HelperAnswerKind.DomainNotTold => 1, // name, problem
        _ => 0,
    };

    private static byte[] Numbers(params ReadOnlySpan<int> numbers)
    {
        byte[] octets = new byte[numbers.Length * NumberSize];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(octets.AsSpan(i * NumberSize), numbers[i]);
        }

        return octets;
    }

    // Between characters.
    private static string Cut(string text)
    {
        byte[] octets = StrictUtf8.Instance.GetBytes(text);
        if (octets.Length <= MaxText)
        {
            return text;
        }

        int end = MaxText;
        while ((octets[end] & 0xc0) == 0x80)
        {
            end--;
        }

        return StrictUtf8.Instance.GetString(octets, 0, end);
    }
}
