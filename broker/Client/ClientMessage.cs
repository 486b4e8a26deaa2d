using System.Text;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Client;

/// <summary>A message that a <see cref="BusClient"/> got.</summary>
internal sealed class ClientMessage(byte[] message, MessageHeader header)
{
    internal MessageType Type => header.Type;

    internal uint ReplySerial => header.ReplySerial;

    internal string Sender => Encoding.ASCII.GetString(header.Sender.In(message));

    internal string Interface => Encoding.ASCII.GetString(header.Interface.In(message));

    internal string Member => Encoding.ASCII.GetString(header.Member.In(message));

    internal string ErrorName => Encoding.ASCII.GetString(header.ErrorName.In(message));

    internal string Signature => Encoding.ASCII.GetString(header.Signature.In(message));

    /// <summary>Its arguments, from the first one on.</summary>
    internal WireReader Arguments => new(message.AsSpan(header.BodyOffset), header.IsBigEndian);

    /// <summary>The first argument of an error, for people.</summary>
    internal string FirstString
    {
        get
        {
            WireReader reader = Arguments;
            return header.Signature.In(message).StartsWith("s"u8) ? StrictUtf8.Instance.GetString(reader.ReadString()) : "";
        }
    }
}
