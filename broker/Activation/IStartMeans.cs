namespace XcpBroker.Activation;

/// <summary>One way of starting a service.</summary>
/// <remarks>
/// Called on the bus loop and never blocks it. What goes wrong is told to the start by <see cref="PendingStart.StartFailed"/>, at once or
/// later; success is nobody's to tell, since it is the name that appears.
/// </remarks>
internal interface IStartMeans
{
    void Begin(PendingStart start);
}

/// <summary>The service starts by its own means: the bus waits for the name.</summary>
internal sealed class OwnMeans : IStartMeans
{
    public void Begin(PendingStart start)
    {
    }
}
