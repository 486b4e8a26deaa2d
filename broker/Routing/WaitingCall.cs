using XcpBroker.Connections;

namespace XcpBroker.Routing;

/// <summary>A call of a method of the bus that is answered later.</summary>
internal readonly record struct WaitingCall(Connection Caller, uint Serial, bool ExpectsReply)
{
    /// <summary>The caller is still there and wants an answer.</summary>
    internal bool IsAwaited => ExpectsReply && Caller.IsOpen;
}
