// caught by: eslint @typescript-eslint/switch-exhaustiveness-check "Switch is not exhaustive"
export const rank = (tier: 'devoted' | 'steady') => {
  switch (tier) {
    case 'devoted':
      return 1;
  }
  return 2;
};
