using XcpBroker.Peers.Xenstore;
using XcpBroker.Xenstore;

namespace XcpBroker.Testing;

/// <summary>A connection to a xenstore in memory: each request is answered before it returns, and nothing ever waits.</summary>
internal sealed class FakeXenstoreChannel : IXenstoreChannel
{
    private readonly FakeXenstoreConnection _connection;
    private readonly Queue<byte> _answers = [];

    internal FakeXenstoreChannel(FakeXenstore store, uint domid = 0) => _connection = store.Connect(domid, Take);

    /// <summary>Bytes that come at once, at most.</summary>
    internal int PieceBytes { get; set; } = int.MaxValue;

    /// <summary>The daemon has gone.</summary>
    internal bool IsGone { get; set; }

    public bool Send(ReadOnlySpan<byte> packet)
    {
        if (!IsGone)
        {
            _connection.Send(packet);
        }

        return !IsGone;
    }

    public int Receive(Span<byte> buffer, TimeSpan? patience, bool canBeWoken)
    {
        int count = 0;
        while (count < buffer.Length && count < PieceBytes && _answers.TryDequeue(out byte octet))
        {
            buffer[count++] = octet;
        }

        return count > 0 ? count : IsGone ? IXenstoreChannel.Gone : IXenstoreChannel.Nothing;
    }

    public void Dispose() => _connection.Dispose();

    private void Take(byte[] packet)
    {
        foreach (byte octet in packet)
        {
            _answers.Enqueue(octet);
        }
    }
}
