using XcpBroker.Buffers;
using XcpBroker.Quotas;
using XcpBroker.Transport;

namespace XcpBroker.Connections;

/// <summary>Gets the whole messages of which a queue has sent no byte.</summary>
internal interface IUnsentTaker
{
    /// <summary>One message, in the order of the queue; everything passed is the callee's.</summary>
    /// <param name="block">Holds the message, from its first byte.</param>
    /// <param name="length">Bytes of it.</param>
    /// <param name="fds">Its descriptors.</param>
    /// <param name="payer">Who was charged for the bytes.</param>
    /// <param name="kind">As what.</param>
    void Take(Block block, int length, QueuedFds? fds, Account payer, ChargeKind kind);
}
