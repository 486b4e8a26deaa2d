using System.Buffers.Binary;

namespace XcpBroker.Protocol.Tests.Support;

/// <summary>Changes a fixed header behind the back of the code under test.</summary>
internal static class RawHeader
{
    internal static void WriteLengths(Span<byte> message, uint body, uint fields)
    {
        Write(message, 4, body);
        Write(message, 12, fields);
    }

    internal static void Write(Span<byte> message, int at, uint value)
    {
        if (message[0] == (byte)'B')
        {
            BinaryPrimitives.WriteUInt32BigEndian(message[at..], value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(message[at..], value);
        }
    }
}
