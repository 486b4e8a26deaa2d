using System.Text;
using XcpBroker.Config.Services;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Buffering;

/// <summary>Names that the configuration declares together.</summary>
internal sealed class NamePrefix(string text)
{
    private readonly byte[] _bytes = Encoding.ASCII.GetBytes(text);

    internal string Text => text;

    internal BufferDeclaration Declaration { get; private set; } = new();

    internal int MaxNames { get; private set; }

    /// <summary>How many of the names that are there each sender has caused.</summary>
    internal SenderShares Names { get; } = new(0, 0);

    /// <summary>A sender's share of the names was used up since one was opened last: said once in the log.</summary>
    internal bool IsFull { get; set; }

    internal void Change(BufferedPrefix declared)
    {
        Declaration = declared.Declaration;
        MaxNames = declared.MaxNames;
        Names.Resize(declared.MaxNames, declared.MaxNames);
    }

    /// <summary>Whether a name is it, or below it, and can have an owner other than the bus.</summary>
    internal bool Covers(ReadOnlySpan<byte> name) =>
        name.StartsWith(_bytes)
        && (name.Length == _bytes.Length || name[_bytes.Length] == (byte)'.')
        && BusName.IsValidWellKnown(name);
}
