using XcpBroker.Protocol;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>Messages to names that have an owner, and whose messages all pass one queue: those with durable messages.</summary>
/// <remarks>A call goes straight to the owner unless something waits before it. What is durable goes when it is on disk.</remarks>
internal sealed class SequencedNames(BufferTable table)
{
    /// <summary>There is no such name: asked for every message.</summary>
    internal bool IsEmpty { get; private set; } = true;

    private NameBuffers? Buffers { get; set; }

    private DurableDelivery? Delivery { get; set; }

    private BusMessages? Bus { get; set; }

    /// <summary>From now on there are some.</summary>
    internal void Begin(NameBuffers buffers, DurableDelivery delivery, BusMessages bus)
    {
        Buffers = buffers;
        Delivery = delivery;
        Bus = bus;
        IsEmpty = false;
    }

    /// <summary>A call or signal that the policy lets pass to the owner of its destination.</summary>
    /// <returns>False: nothing keeps it from going there.</returns>
    internal bool TryTake(in RoutedMessage message)
    {
        if (!Buffers!.TryTakeInSequence(message, out DBusError error))
        {
            return false;
        }

        if (!error.IsNone)
        {
            Bus!.SendError(message, error);
        }

        return true;
    }

    /// <summary>Whether messages to a name wait while nobody owns it.</summary>
    internal bool IsDeclared(ReadOnlySpan<byte> name) => table.IsDeclared(name);

    /// <summary>Whether a message to the bus is the answer to a ping of its.</summary>
    internal bool IsAwaited(in RoutedMessage message) => message.Header.ReplySerial != 0 && Delivery!.IsAwaited(message);

    /// <summary>That answer.</summary>
    internal void TakeReply(in RoutedMessage reply) => Delivery!.TakeReply(reply);
}
