using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Load.Workloads;

/// <summary>The bus under load.</summary>
/// <param name="Address">Where it listens.</param>
/// <param name="Pid">Its process, whose CPU time and memory are read; null when it is not known.</param>
/// <param name="IsFloor">It is no bus: no authentication but where connecting is the load, no Hello, no rules.</param>
internal sealed record Target(string Address, int? Pid, bool IsFloor = false)
{
    internal RawPeer Connect(bool agreesOnFds = false) => IsFloor ? RawPeer.Open(Address) : RawPeer.Connect(Address, agreesOnFds);

    /// <summary>A call of the bus that must succeed.</summary>
    internal void Call(RawPeer peer, in MessageFields fields, Action<WireWriter> body)
    {
        PeerMessage reply = peer.Call(fields, body);
        if (reply.Type != (byte)MessageType.MethodReturn)
        {
            throw new InvalidOperationException($"{fields.Member} at {Address}: {reply.ErrorName} {reply.FirstString}");
        }
    }
}
