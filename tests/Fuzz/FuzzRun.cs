using XcpBroker.Fuzz.Corpus;

namespace XcpBroker.Fuzz;

/// <summary>Replays files, or mutates the corpus until the time is over or something throws.</summary>
internal static class FuzzRun
{
    /// <returns>Whether nothing threw.</returns>
    internal static bool Replay(FuzzTarget target, IEnumerable<string> files)
    {
        int inputs = 0;
        foreach (string file in files)
        {
            foreach (byte[] input in Seeds.Read(file))
            {
                inputs++;
                if (!Try(target, input, file))
                {
                    return false;
                }
            }
        }

        Console.WriteLine($"{target.Name}: {inputs} inputs replayed.");
        return true;
    }

    /// <inheritdoc cref="Replay"/>
    internal static bool Mutate(FuzzTarget target, TimeSpan duration, int seed)
    {
        List<byte[]> seeds = [.. VectorFolder.Files(target.Corpus).SelectMany(Seeds.Read)];
        Mutator mutator = new(seeds, new Random(seed));
        long start = TimeProvider.System.GetTimestamp();
        long runs = 0;
        while (TimeProvider.System.GetElapsedTime(start) < duration)
        {
            for (int i = 0; i < 256; i++)
            {
                runs++;
                if (!Try(target, mutator.Next(), $"seed {seed}, run {runs}"))
                {
                    return false;
                }
            }
        }

        Console.WriteLine($"{target.Name}: {runs} runs from {seeds.Count} inputs, seed {seed}.");
        return true;
    }

    private static bool Try(FuzzTarget target, byte[] input, string origin)
    {
        try
        {
            target.Fuzz(input);
            return true;
        }
        catch (Exception failure)
        {
            string saved = $"crash-{target.Name}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(input))[..12]}.bin";
            File.WriteAllBytes(saved, input);
            Console.WriteLine($"{target.Name}: {origin}: saved as {saved}: {failure}");
            return false;
        }
    }
}
