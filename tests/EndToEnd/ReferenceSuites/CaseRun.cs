using System.Diagnostics;

namespace XcpBroker.EndToEnd.ReferenceSuites;

/// <summary>One run of a program, or of a case of it, on one broker.</summary>
internal static class CaseRun
{
    /// <summary>More than run-case gives it: that one ends what hangs, and cleans up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="TimeoutException">run-case itself does not end.</exception>
    internal static async Task<TapReport> Run(Suite suite, string? name, string daemon)
    {
        string[] what = name is null ? [suite.Program] : [suite.Program, name];
        ProcessStartInfo start = new(Suite.RunCase, ["-u", suite.User, "-d", daemon, .. what])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            await Task.WhenAll(process.WaitForExitAsync(), output, errors).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }

        return TapReport.Read(await output + await errors, process.ExitCode);
    }
}
