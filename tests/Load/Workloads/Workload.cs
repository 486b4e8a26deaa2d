using XcpBroker.Load.Engine;
using XcpBroker.Load.Reports;

namespace XcpBroker.Load.Workloads;

/// <summary>What is done to a broker while it is measured.</summary>
internal abstract class Workload : IDisposable
{
    /// <summary>Who hears nothing for so long has lost something.</summary>
    internal const int StallMilliseconds = 5000;

    /// <summary>Messages that reached their receivers, or connections that were completed.</summary>
    internal long Delivered { get; private protected set; }

    /// <summary>Round trips, where a mode has one message under way per sender; otherwise empty.</summary>
    internal Samples Latencies { get; } = new();

    /// <summary>Nothing new is sent; what is under way still arrives.</summary>
    internal bool IsStopping { get; set; }

    /// <summary>Everything that was sent has arrived.</summary>
    internal abstract bool IsDrained { get; }

    /// <summary>Connects everybody.</summary>
    internal abstract void Prepare();

    /// <summary>Sends what fills the windows.</summary>
    internal abstract void Start();

    /// <summary>One turn of the loop; false when nothing happened for <see cref="StallMilliseconds"/>.</summary>
    internal abstract bool Turn();

    public abstract void Dispose();

    /// <summary>The workload that options ask for.</summary>
    internal static Workload Create(Target target, LoadOptions options) => options.Mode switch
    {
        "pingpong" => new PingPong(target, options),
        "oneway" => new OneWay(target, options),
        "fanout" => new FanOut(target, options),
        "driver" => new DriverCalls(target, options, Template.OwnerQuestion),
        "post" => new DriverCalls(target, options, _ => Template.Post(options.Destination, options.Size)),
        "flood" => new Flood(target, options),
        "connect" => new ConnectRate(target, options),
        _ => throw new ArgumentException($"no mode is called {options.Mode}", nameof(options)),
    };
}
