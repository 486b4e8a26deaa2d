using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace XcpBroker.Micro;

/// <summary>Runs the benchmarks that its arguments choose (BenchmarkDotNet's own: <c>--filter '*Policy*'</c>, <c>--list flat</c>).</summary>
internal static class Program
{
    // In this process: a generated project would be built without the repository's locked packages.
    private static void Main(string[] arguments) => BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(
        arguments,
        DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default));
}
