using XcpBroker.Xenstore;

namespace XcpBroker.Fuzz.Targets;

/// <summary>What xenstore sends: a packet is written as it came; and a client that hears anything at all ends, with an answer or without.</summary>
internal sealed class XenstoreTarget : IFuzzTarget
{
    public static string Name => "xenstore";

    public static string Corpus => "xenstore";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        XenstoreFrame frame = XenstorePacket.TryRead(input, out XenstorePacket packet, out int length);
        FuzzFailure.Unless((frame == XenstoreFrame.Complete) == (length >= XenstorePacket.HeaderSize) && length <= input.Length, "more is taken than there is");
        FuzzFailure.Unless(frame != XenstoreFrame.Complete || packet.ToBytes().AsSpan().SequenceEqual(input[..length]), "a packet has two forms");
        foreach (string text in XenstoreText.Split(packet.Payload.Span))
        {
            FuzzFailure.Unless(!text.Contains('\0'), "a text has a NUL");
            FuzzFailure.Unless(!XenstorePermission.TryParse(text, out XenstorePermission? read) || XenstorePermission.TryParse(read.Value.ToString(), out read), "a permission has no form");
        }

        Talker talker = new(input.ToArray());
        using XenstoreClient client = new(talker, TimeProvider.System);
        _ = client.Watch("@releaseDomain", "release");
        _ = client.Read("a");
        _ = client.List("b");
        _ = client.Transact(transaction => client.Write("c", "d", transaction).Error);
        _ = client.WaitForWatch(TimeSpan.Zero);
        FuzzFailure.Unless(client.IsLost || talker.IsHeard, "the client waits for what cannot come");
    }

    /// <summary>Says the input, in pieces, as answers to whatever is asked.</summary>
    private sealed class Talker(byte[] input) : IXenstoreChannel
    {
        private const int Piece = 7;
        private int _said;

        internal bool IsHeard => _said == input.Length;

        public bool Send(ReadOnlySpan<byte> packet) => true;

        public int Receive(Span<byte> buffer, TimeSpan? patience, bool canBeWoken)
        {
            int count = Math.Min(Math.Min(buffer.Length, Piece), input.Length - _said);
            input.AsSpan(_said, count).CopyTo(buffer);
            _said += count;
            return count > 0 ? count : IXenstoreChannel.Gone;
        }

        public void Dispose()
        {
        }
    }
}
