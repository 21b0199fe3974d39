export async function benchPeer(smoke: boolean): Promise<void> {
  await Promise.resolve(smoke);
}
