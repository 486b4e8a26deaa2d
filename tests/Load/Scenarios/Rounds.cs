using XcpBroker.Load.Reports;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Scenarios;

/// <summary>Measures in rounds in which each contestant has one run; who is first changes from round to round.</summary>
/// <param name="contestants">Who may take part.</param>
/// <param name="start">How brokers are started, before the scenario has its say.</param>
/// <param name="runs">How many rounds count.</param>
/// <param name="ownArguments">What xcp-broker gets on its command line.</param>
internal sealed class Rounds(IReadOnlyList<Contestant> contestants, BrokerStart start, int runs, string[] ownArguments)
{
    /// <summary>All rounds of a scenario. A run that fails leaves a hole and a line on standard error, and the next one has a new broker.</summary>
    internal Comparison Measure(Scenario scenario)
    {
        List<Contestant> taking = [.. contestants.Where(scenario.Admits)];
        Comparison comparison = new(scenario.Name, [.. taking.Select(contestant => contestant.Name)], scenario.Reference);
        Dictionary<string, BrokerProcess> running = [];
        try
        {
            for (int round = scenario.WantsFreshBroker ? -1 : 0; round < runs; round++)
            {
                for (int turn = 0; turn < taking.Count; turn++)
                {
                    Contestant contestant = taking[(turn + Math.Max(0, round)) % taking.Count];
                    Console.Error.Write($"\r{scenario.Name} {round + 1}/{runs} {contestant.Name}            ");
                    Measurement measured = Run(scenario, contestant, running);
                    if (round >= 0)
                    {
                        comparison.Add(contestant.Name, measured);
                    }
                }
            }
        }
        finally
        {
            foreach (BrokerProcess process in running.Values)
            {
                process.Dispose();
            }

            Console.Error.Write("\r\n");
        }

        return comparison;
    }

    private Measurement Run(Scenario scenario, Contestant contestant, Dictionary<string, BrokerProcess> running)
    {
        bool isDone = false;
        try
        {
            if (!running.TryGetValue(contestant.Name, out BrokerProcess? process))
            {
                BrokerStart own = contestant.IsOurs ? start with { ExtraArguments = ownArguments } : start;
                running.Add(contestant.Name, process = contestant.Start(scenario.Configure(own, contestant)));
            }

            Measurement measured = scenario.Run(contestant.Target(process), process);
            isDone = true;
            return measured;
        }
        catch (Exception failure) when (failure is TimeoutException or IOException or InvalidDataException)
        {
            Console.Error.WriteLine($"\r{scenario.Name} {contestant.Name}: {failure.Message}");
            return new Measurement([]);
        }
        finally
        {
            if ((scenario.WantsFreshBroker || !isDone) && running.Remove(contestant.Name, out BrokerProcess? used))
            {
                used.Dispose();
            }
        }
    }
}
