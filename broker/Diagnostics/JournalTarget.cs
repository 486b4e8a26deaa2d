using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using XcpBroker.Interop;

namespace XcpBroker.Diagnostics;

/// <summary>journald's own protocol: an entry is a datagram of fields, so that it can be found by its event and by what the event is about.</summary>
/// <param name="path">The socket. systemd holds it while journald starts again: entries wait in it.</param>
/// <param name="other">Takes what cannot be sent: the stream that the service manager has made standard error of.</param>
/// <remarks>Source: systemd, "Native Journal Protocol". An entry of ours has no line end in a field and is far below what a datagram holds.</remarks>
internal sealed unsafe class JournalTarget(string path, ILogTarget other) : ILogTarget
{
    internal const string SocketPath = "/run/systemd/journal/socket";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Open as long as the process lives.</summary>
    private readonly int _socket = LibC.Socket(LibC.AF_UNIX, LibC.SOCK_DGRAM | LibC.SOCK_CLOEXEC, 0);

    /// <summary>struct sockaddr_un.</summary>
    private readonly byte[] _address = [.. BitConverter.GetBytes((ushort)LibC.AF_UNIX), .. Utf8.GetBytes(path), 0];

    public bool TryWrite(LogLine line) => TrySend(Utf8.GetBytes(Entry(line))) || other.TryWrite(line);

    private static string Entry(LogLine line)
    {
        StringBuilder entry = new();
        _ = entry.Append(CultureInfo.InvariantCulture, $"MESSAGE={line.MarkedText}\nPRIORITY={line.Priority}\nSYSLOG_IDENTIFIER=xcp-broker\n");
        if (line.Event is { } id)
        {
            _ = entry.Append(CultureInfo.InvariantCulture, $"XCP_EVENT={id}\n");
        }

        foreach (LogField field in line.Fields ?? [])
        {
            _ = entry.Append(CultureInfo.InvariantCulture, $"XCP_{field.Name.ToUpperInvariant()}={field.Value}\n");
        }

        return entry.ToString();
    }

    /// <summary>May wait while journald does not read.</summary>
    private bool TrySend(byte[] entry)
    {
        fixed (byte* address = _address, octets = entry)
        {
            LibC.IoVector vector = new() { Base = octets, Length = (nuint)entry.Length };
            LibC.MessageHeader message = new() { Name = address, NameLength = (uint)_address.Length, Vectors = &vector, VectorCount = 1 };
            nint sent;
            do
            {
                sent = LibC.SendMessage(_socket, &message, LibC.MSG_NOSIGNAL);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);

            return sent >= 0;
        }
    }
}
