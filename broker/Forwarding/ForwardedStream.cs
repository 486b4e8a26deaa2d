using System.IO.Pipelines;
using XcpBroker.Transport;

namespace XcpBroker.Forwarding;

/// <summary>One direction of a session: what comes from one connection goes to the other, and waits in the first if the second is full.</summary>
/// <remarks>At most one read waits; until it has gone nothing more is read, so a reader that stops stops its writer.</remarks>
internal sealed class ForwardedStream(ITransportConnection from, ITransportConnection to)
{
    private bool _isBlocked;

    /// <summary>All of it has come and gone, and the other side has been told.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>Moves what there is now.</summary>
    /// <returns>False: the session cannot go on.</returns>
    internal bool TryMove()
    {
        if (IsOver || _isBlocked || !from.Input.TryRead(out ReadResult result))
        {
            return true;
        }

        int length = (int)result.Buffer.Length;
        int sent = length == 0 ? 0 : to.Send([new OutgoingSegment { Block = from.InputBlock!, Offset = from.InputOffset, Length = length }], null);
        if (sent == ITransportConnection.Broken || from.ReceivedFds.Count > 0)
        {
            // Descriptors were never agreed to: who sends them does not speak this protocol.
            return false;
        }

        sent = Math.Max(sent, 0);
        SequencePosition gone = result.Buffer.GetPosition(sent);
        from.Input.AdvanceTo(gone, gone);
        if (sent < length)
        {
            _isBlocked = true;
            from.NotifyWhenReadable(false);
            to.NotifyWhenWritable(true);
        }
        else if (result.IsCompleted)
        {
            IsOver = true;
            from.NotifyWhenReadable(false);
            to.EndOutput();
        }

        return true;
    }

    /// <summary>The receiver has room again.</summary>
    /// <returns>As <see cref="TryMove"/>.</returns>
    internal bool Unblock()
    {
        if (!_isBlocked)
        {
            return true;
        }

        _isBlocked = false;
        to.NotifyWhenWritable(false);
        from.NotifyWhenReadable(true);
        return TryMove();
    }
}
