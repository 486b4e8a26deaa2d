using System.Buffers.Binary;
using System.Text;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Broker.Tests.Matching;

/// <summary>A message as far as match rules see it. Arguments are texts led by their type: "sHello", "o/a", "gau", or "u" for a number.</summary>
internal sealed record MatchedMessage
{
    internal MessageType Type { get; init; } = MessageType.Signal;

    internal string Sender { get; init; } = ":1.1";

    internal IReadOnlyList<string>? SenderNames { get; init; }

    internal string Interface { get; init; } = "";

    internal string Member { get; init; } = "";

    internal string Path { get; init; } = "";

    internal string Destination { get; init; } = "";

    internal string Recipient { get; init; } = "";

    internal IReadOnlyList<string>? RecipientNames { get; init; }

    internal IReadOnlyList<string> Arguments { get; init; } = [];

    internal bool IsBigEndian { get; init; }

    internal MatchSubject Subject => new()
    {
        Type = Type,
        Sender = Encoding.ASCII.GetBytes(Sender),
        SenderNames = SenderNames,
        Interface = Encoding.ASCII.GetBytes(Interface),
        Member = Encoding.ASCII.GetBytes(Member),
        Path = Encoding.ASCII.GetBytes(Path),
        Destination = Encoding.ASCII.GetBytes(Destination),
        Recipient = Encoding.ASCII.GetBytes(Recipient),
        RecipientNames = RecipientNames,
        Body = BodyBytes(),
        Signature = Encoding.ASCII.GetBytes(string.Concat(Arguments.Select(argument => argument[0]))),
        IsBigEndian = IsBigEndian,
    };

    public override string ToString() =>
        $"{Type} from {Sender} [{string.Join(' ', SenderNames ?? [])}] {Path} {Interface}.{Member} ({string.Join(", ", Arguments)})"
        + $" to {Destination}, {Recipient} [{string.Join(' ', RecipientNames ?? [])}]{(IsBigEndian ? " B" : " l")}";

    private byte[] BodyBytes()
    {
        List<byte> body = [];
        foreach (string argument in Arguments)
        {
            byte[] text = Encoding.ASCII.GetBytes(argument[1..]);
            switch (argument[0])
            {
                case 'g':
                    body.Add((byte)text.Length);
                    body.AddRange(text);
                    body.Add(0);
                    break;
                case 'u':
                    AddUInt32(body, 7);
                    break;
                default:
                    AddUInt32(body, (uint)text.Length);
                    body.AddRange(text);
                    body.Add(0);
                    break;
            }
        }

        return [.. body];
    }

    private void AddUInt32(List<byte> body, uint value)
    {
        while (body.Count % 4 != 0)
        {
            body.Add(0);
        }

        Span<byte> bytes = stackalloc byte[4];
        if (IsBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        }

        body.AddRange(bytes);
    }
}
