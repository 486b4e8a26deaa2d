using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using XcpBroker.Activation;
using XcpBroker.Loop;
using XcpBroker.Peers.Processes;
using XcpBroker.Protocol;
using XcpBroker.Spawning;
using XcpBroker.Startup;

namespace XcpBroker.EndToEnd.Spawning;

/// <summary>What a bus would have around an <see cref="IServiceStarter"/>; processes are made by the published binary.</summary>
internal sealed class SpawningStage : IDisposable
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ProcessThread _bus = new();

    internal static OwnProgram Program { get; } = new(Path.GetFullPath(XcpBrokerProcess.Binary), ["xcp-broker"u8.ToArray()]);

    internal static ChildSpawner Spawner { get; } = new(Program, new OpenFileLimit(777, 888));

    internal ProcessThread Processes { get; } = new();

    internal LineLog Log { get; } = new();

    internal BusLoop Bus => _bus.Loop;

    internal string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("xcp-spawn-").FullName;

    internal string In(string name) => Path.Combine(Directory, name);

    internal DirectStarter Direct(uint ownUserId = 0) => new(Bus, Processes, Spawner, ownUserId, Log);

    internal static ServiceCommand Command(params string[] arguments) => new()
    {
        Name = "org.example.Service",
        DescriptorPath = "/none/org.example.Service.service",
        Arguments = arguments,
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["UMLAUT"] = "ä=b" },
    };

    internal static ServiceCommand Script(string script) => Command("/bin/sh", "-c", script);

    public void Dispose()
    {
        Processes.Dispose();
        _bus.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>Lines, as they come.</summary>
    internal sealed class LineLog : ILogger
    {
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Writer.TryWrite(formatter(state, exception));

        /// <summary>The lines up to the first that contains the text, that one included.</summary>
        internal List<string> ReadUntil(string text)
        {
            List<string> lines = [];
            do
            {
                lines.Add(_lines.Reader.ReadAsync().AsTask().WaitAsync(Patience).GetAwaiter().GetResult());
            }
            while (!lines[^1].Contains(text, StringComparison.Ordinal));

            return lines;
        }
    }

    /// <summary>The one event of a start.</summary>
    internal sealed class Outcome : IServiceEvents
    {
        private readonly TaskCompletionSource<object> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal ServiceExit Exit => (ServiceExit)Wait();

        internal DBusError Error => (DBusError)Wait();

        public void StartFailed(DBusError error) => _outcome.SetResult(error);

        public void Ended(ServiceExit exit) => _outcome.SetResult(exit);

        private object Wait() => _outcome.Task.WaitAsync(Patience).GetAwaiter().GetResult();
    }
}
